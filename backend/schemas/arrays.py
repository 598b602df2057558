"""Arrays on the wire: `{"shape", "dtype", "data"}`, the data base64, little endian, row-major."""

from __future__ import annotations

import base64
import binascii
import math
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from backend.errors import invalid

Dtype = Literal["float16", "float32"]


class Array(BaseModel):
    """An array of floats; `data` is base64, little endian, row-major."""

    model_config = ConfigDict(extra="forbid", strict=True)

    shape: list[int] = Field(max_length=4)
    dtype: Dtype
    data: str


def pack(array: NDArray[np.floating[Any]], dtype: Dtype = "float16") -> dict[str, object]:
    """`array` [any shape] as the wire has it."""
    raw = np.ascontiguousarray(array, dtype=np.dtype(dtype).newbyteorder("<"))
    return {"shape": list(array.shape), "dtype": dtype, "data": base64.b64encode(raw.tobytes()).decode("ascii")}


def unpack(array: Array, field: str) -> NDArray[np.float32]:
    """The finite array that `array` holds. Raises Problem naming `field` where shape, size or values do not hold."""
    dtype = np.dtype(array.dtype).newbyteorder("<")
    if any(size < 1 for size in array.shape):
        raise invalid(f"{field}.shape", "every size must be at least 1")
    try:
        raw = base64.b64decode(array.data, validate=True)
    except (binascii.Error, ValueError):
        raise invalid(f"{field}.data", "is not base64") from None
    expected = math.prod(array.shape) * dtype.itemsize
    if len(raw) != expected:
        fault = f"holds {len(raw)} bytes, but shape {array.shape} of {array.dtype} takes {expected}"
        raise invalid(f"{field}.data", fault)
    values = np.frombuffer(raw, dtype).reshape(array.shape).astype(np.float32)
    if not np.isfinite(values).all():
        raise invalid(f"{field}.data", "holds values that are not finite numbers")
    return values
