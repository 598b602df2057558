"""What becomes of memory that is given back: a training keeps it for its next step, a server returns it.

A step of a wide model takes and returns gigabytes in pieces of some megabytes. As Linux comes, each piece is new memory
from the system, whose pages are zeroed one by one: a third of the whole step.

A server runs for weeks, and what it gives back stays in holes between what it still uses, in as many heaps as threads
have asked. With two of them for all threads, and large pieces returned at once, it takes no more after a day than at
first. What a second of sound takes counts as small: zeroing its pages anew took a fifth of each decode. In the heap,
among what is kept, such pieces cost a tenth more memory where recordings of every length come and go.
"""

from __future__ import annotations

import ctypes
import os

# Of malloc.h
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -2, -3, -4, -8
_KEEP_ALL, _GROWTH = 2**31 - 1, 2**28
_HEAPS, _SPARE, _LARGE = 2, 2**27, 2**19


def keep_memory() -> None:
    """Ask glibc to keep what is freed, and torch to use large pages. To be called before torch is imported; does
    nothing where the C library is another.
    """
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    _ask((_MMAP_MAX, 0), (_TRIM_THRESHOLD, _KEEP_ALL), (_TOP_PAD, _GROWTH))


def return_memory() -> None:
    """Ask glibc for two heaps and to give back what is large; does nothing where the C library is another."""
    _ask((_ARENA_MAX, _HEAPS), (_TRIM_THRESHOLD, _SPARE), (_MMAP_THRESHOLD, _LARGE))


def _ask(*options: tuple[int, int]) -> None:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is not None:
        for option, value in options:
            mallopt(option, value)
