"""Files of a bundle, read with suspicion and written whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, TypeVar

import orjson
from pydantic import TypeAdapter, ValidationError

from trainer.runtime.atomic_write import replacing

_MAX_JSON_BYTES = 16 << 20
_Parsed = TypeVar("_Parsed")


class BundleError(ValueError):
    """A bundle that cannot be used; names the file and the fault."""


def write_json(path: Path, value: Any) -> None:
    """`value` as readable JSON at `path`, replaced whole or not at all."""
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    with replacing(path) as stream:
        stream.write(text.encode())


def file_in(folder: Path, name: str) -> Path:
    """The file `name` of the bundle at `folder`. Raises BundleError where it is missing, no file at all, or a link that
    leads out of the bundle: a bundle is somebody else's, and is not to show what else lies on this machine.
    """
    path = folder / name
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
        if not path.is_symlink() and not path.exists():
            raise BundleError(f"{name}: the file is missing")
        if not inside:
            raise BundleError(f"{name}: is a link that leads out of the bundle; put the file itself there")
        if not path.is_file():
            raise BundleError(f"{name}: is not a file")
    except (OSError, RuntimeError, ValueError) as error:  # a link that leads to itself is a RuntimeError
        if isinstance(error, BundleError):
            raise
        raise BundleError(f"{name}: cannot be read") from error
    return path


def read_file(folder: Path, name: str, most: int) -> bytes:
    """What the file `name` of the bundle at `folder` holds, of which `most` bytes can be meant. Raises BundleError."""
    try:
        with file_in(folder, name).open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            content = stream.read(size) if size <= most else b""
    except OSError as error:
        raise BundleError(f"{name}: cannot be read") from error
    if size > most:
        raise BundleError(f"{name}: larger than {most / 2**20:.4g} MiB, the most it can need")
    return content


def read_json(folder: Path, name: str) -> Any:
    """What the JSON file `name` of the bundle at `folder` holds. Raises BundleError where it is missing, too large or
    not JSON, as NaN is not, nor half of a pair of surrogates.
    """
    try:
        return orjson.loads(read_file(folder, name, _MAX_JSON_BYTES))
    except orjson.JSONDecodeError as error:
        raise BundleError(f"{name}: not readable as JSON") from error


def parse(adapter: TypeAdapter[_Parsed], raw: Any, file: str) -> _Parsed:
    """`raw` as what `adapter` makes of it. Raises BundleError naming the file and the first value that is wrong."""
    try:
        return adapter.validate_python(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise BundleError(f"{file}: {where[:200]}: {first['msg'][:200]}") from error
