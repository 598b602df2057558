"""glibc malloc settings for training and serving. They do nothing with another C library.

Training: a step of a wide model allocates and frees gigabytes in blocks of a few megabytes. By default glibc maps each
block anew, and Linux zeroes its pages one by one: a third of the step time.

Serving: a server runs for weeks, and freed memory stays in holes between live blocks, in one heap (arena) per thread.
With two arenas, and large blocks returned at once, memory use after a day equals that of the first hour. The buffers of
one second of sound stay in the heap: zeroing their pages took a fifth of each decode. That costs a tenth more memory
when recordings of every length are decoded.
"""

from __future__ import annotations

import ctypes
import os

# Options of mallopt(3), from malloc.h
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -2, -3, -4, -8

_TRAINING = ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, 2**31 - 1), (_TOP_PAD, 2**28))  # never map, never trim, grow by 256 MiB
_SERVING = ((_ARENA_MAX, 2), (_TRIM_THRESHOLD, 2**27), (_MMAP_THRESHOLD, 2**19))  # trim above 128 MiB, map from 512 KiB


def tune_for_training() -> None:
    """Keep freed memory in the process, and let torch use huge pages. Call it before torch is imported."""
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    _set(_TRAINING)


def tune_for_serving() -> None:
    """Use two heaps, and return large freed blocks to the system."""
    _set(_SERVING)


def _set(options: tuple[tuple[int, int], ...]) -> None:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is not None:
        for option, value in options:
            mallopt(option, value)
