"""JSON of a bundle, read with suspicion and written whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from trainer.durable import replacing

_MAX_JSON_BYTES = 64 << 20
_Parsed = TypeVar("_Parsed")


class BundleError(ValueError):
    """A bundle that cannot be used; names the file and the fault."""


def write_json(path: Path, value: Any) -> None:
    """`value` as readable JSON at `path`, replaced whole or not at all."""
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    with replacing(path) as stream:
        stream.write(text.encode())


def read_json(path: Path) -> Any:
    """What the JSON file at `path` holds. Raises BundleError where it is missing, too large or no JSON."""
    try:
        if path.stat().st_size > _MAX_JSON_BYTES:
            raise BundleError(f"{path.name}: larger than {_MAX_JSON_BYTES >> 20} MiB")
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BundleError(f"{path.name}: the file is missing") from error
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, BundleError):
            raise
        raise BundleError(f"{path.name}: not readable as JSON") from error


def parse(adapter: TypeAdapter[_Parsed], raw: Any, file: str) -> _Parsed:
    """`raw` as what `adapter` makes of it. Raises BundleError naming the file and the first value that is wrong."""
    try:
        return adapter.validate_python(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise BundleError(f"{file}: {where}: {first['msg']}") from error
