"""Files that are there whole or not at all, whatever is killed and whenever."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows has no such locks, and lets nobody rename a file that is open
    fcntl = None  # type: ignore[assignment]


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A stream whose bytes become the file at `path` once the block has ended well and they are on the disk.

    Until then they lie beside it under a name that nobody reads; a killed process leaves that behind, and the next one
    writes over it. Of several that would write the same file at once, each waits for the one before.
    """
    partial = path.with_name(path.name + ".partial")
    with _taken(partial) as stream:
        try:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            if fcntl is None:
                stream.close()
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
    if os.name == "posix":  # the new name is kept by the folder, which has a place on the disk of its own
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _taken(partial: Path) -> BinaryIO:
    """The file at `partial`, empty, that nobody else writes while this stream is open."""
    while True:
        stream = os.fdopen(os.open(partial, os.O_RDWR | os.O_CREAT, 0o666), "r+b")
        try:
            if fcntl is not None:
                with suppress(OSError):  # a file system of many machines may have no locks
                    fcntl.flock(stream, fcntl.LOCK_EX)
            # Whoever had it meanwhile has given it its own name, or taken it away.
            if os.path.samestat(os.fstat(stream.fileno()), partial.stat()):
                stream.truncate()
                return stream
        except FileNotFoundError:
            pass
        except BaseException:
            stream.close()
            raise
        stream.close()
