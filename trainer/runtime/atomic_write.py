"""Atomic file writes: a reader sees the old file or the new one, never half of one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock


@contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """A binary stream that replaces the file at `path` when the block ends without an error.

    The bytes go to `<path>.partial`, are synced to disk and renamed. A killed process leaves that file behind, and the
    next write overwrites it. Concurrent writers of the same path, in any process, wait for each other.
    """
    partial, lock = path.with_name(f"{path.name}.partial"), path.with_name(f"{path.name}.lock")
    with FileLock(lock):
        try:
            with partial.open("wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(path)
            _sync_folder(path.parent)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        finally:
            lock.unlink(missing_ok=True)  # a process that waits for a deleted lock file takes a new one


def _sync_folder(folder: Path) -> None:
    """Sync the folder's list of names, so that the rename survives a power failure. Windows has no such call."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
