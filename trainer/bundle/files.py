"""Checked reads and atomic writes of the files of a bundle."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, TypeVar

import orjson
from pydantic import TypeAdapter, ValidationError

from trainer.runtime.atomic_write import atomic_write

_MAX_JSON_BYTES = 16 << 20
_Parsed = TypeVar("_Parsed")


class BundleError(ValueError):
    """An invalid bundle. The message names the file and the error, never a path of this machine."""


def write_json(path: Path, value: Any) -> None:
    """Write `value` to `path` as indented JSON, atomically."""
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    with atomic_write(path) as stream:
        stream.write(text.encode())


def checked_path(folder: Path, name: str) -> Path:
    """Path of the file `name` in the bundle at `folder`.

    Raises BundleError if it is missing, not a regular file, or a link out of the bundle: bundles are untrusted and must
    not expose other files of this machine.
    """
    path = folder / name
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
        if not path.is_symlink() and not path.exists():
            raise BundleError(f"{name}: the file is missing")
        if not inside:
            raise BundleError(f"{name}: is a link that leads out of the bundle; replace it by the file itself")
        if not path.is_file():
            raise BundleError(f"{name}: is not a file")
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: a link loop
        if isinstance(error, BundleError):
            raise
        raise BundleError(f"{name}: cannot be read") from error
    return path


def read_file(folder: Path, name: str, max_bytes: int) -> bytes:
    """Content of the file `name` in the bundle at `folder`. Raises BundleError, also if it exceeds `max_bytes`."""
    try:
        with checked_path(folder, name).open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            content = stream.read(size) if size <= max_bytes else b""
    except OSError as error:
        raise BundleError(f"{name}: cannot be read") from error
    if size > max_bytes:
        raise BundleError(f"{name}: is larger than {max_bytes / 2**20:.4g} MiB, the maximum for this file")
    return content


def read_json(folder: Path, name: str) -> Any:
    """Parsed content of the JSON file `name` in the bundle at `folder`.

    Raises BundleError if it is missing, too large or invalid JSON; NaN and lone surrogates are invalid.
    """
    try:
        return orjson.loads(read_file(folder, name, _MAX_JSON_BYTES))
    except orjson.JSONDecodeError as error:
        raise BundleError(f"{name}: not readable as JSON; copy the file again") from error


def parse(adapter: TypeAdapter[_Parsed], raw: Any, file: str) -> _Parsed:
    """`raw` validated by `adapter`. Raises BundleError naming the file and the first invalid field."""
    try:
        return adapter.validate_python(raw)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the document"
        raise BundleError(f"{file}: {field[:200]}: {first['msg'][:200]}") from error
