"""Arrays of the HTTP contract: `{"shape", "dtype", "data"}`, the data in base64, little endian, row-major."""

from __future__ import annotations

import base64
import binascii
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.errors import invalid
from backend.schemas import Array, Dtype


def pack(array: NDArray[np.floating[Any]], dtype: Dtype = "float16") -> dict[str, object]:
    """`array` [any shape] as JSON content."""
    raw = np.ascontiguousarray(array, dtype=np.dtype(dtype).newbyteorder("<"))
    return {"shape": list(array.shape), "dtype": dtype, "data": base64.b64encode(raw.tobytes()).decode("ascii")}


def unpack(array: Array, field: str) -> NDArray[np.float32]:
    """Values of `array`, all finite. Raises Problem with the request field `field` if the array is invalid."""
    dtype = np.dtype(array.dtype).newbyteorder("<")
    if any(size < 1 for size in array.shape):
        raise invalid(f"{field}.shape", "every size must be at least 1")
    try:
        raw = base64.b64decode(array.data, validate=True)
    except (binascii.Error, ValueError):
        raise invalid(f"{field}.data", "must be base64") from None
    expected = math.prod(array.shape) * dtype.itemsize
    if len(raw) != expected:
        fault = f"has {len(raw)} bytes; shape {array.shape} of {array.dtype} needs {expected}"
        raise invalid(f"{field}.data", fault)
    values = np.frombuffer(raw, dtype).reshape(array.shape).astype(np.float32)
    if not np.isfinite(values).all():
        raise invalid(f"{field}.data", "must contain only finite numbers")
    return values
