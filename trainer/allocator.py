"""Memory that a training step gives back is kept for the next one.

A step of a wide model takes and returns gigabytes in pieces of some megabytes. As Linux comes, each piece is new memory
from the system, whose pages are zeroed one by one: a third of the whole step.
"""

from __future__ import annotations

import ctypes
import os

# Of malloc.h
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4
_KEEP_ALL, _GROWTH = 2**31 - 1, 2**28


def keep_memory() -> None:
    """Ask glibc to keep what is freed, and torch to use large pages. To be called before torch is imported; does
    nothing where the C library is another.
    """
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is not None:
        for option, value in ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, _KEEP_ALL), (_TOP_PAD, _GROWTH)):
            mallopt(option, value)
