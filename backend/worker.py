"""One thread for all inference, off the event loop, and a bounded queue before it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from backend.errors import BUSY, Problem

P = ParamSpec("P")
T = TypeVar("T")


class Worker:
    """Runs one computation at a time, first come first served.

    More threads would not help: one computation already fills the cores it may use. At most `queue` computations wait;
    the next is refused at once, since an answer that comes too late is worth less than an honest refusal.
    """

    def __init__(self, queue: int) -> None:
        self._places = queue + 1  # those that wait and the one that runs
        self._taken = 0
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inference")

    @property
    def taken(self) -> int:
        """How many computations wait or run."""
        return self._taken

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `work` returns. Raises Problem (503, Retry-After) when the queue is full. Call from the event loop."""
        if self._taken >= self._places:
            raise Problem(BUSY, "Too many requests are waiting; try again in a second.", headers={"Retry-After": "1"})
        self._taken += 1
        try:
            future = self._thread.submit(work, *args, **kwargs)
        except BaseException:
            self._taken -= 1
            raise
        loop = asyncio.get_running_loop()
        # The place is freed when the computation ends, not when its client goes away.
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._release))
        return await asyncio.wrap_future(future)

    def _release(self) -> None:
        self._taken -= 1

    def close(self) -> None:
        """Finish what runs, drop what waits."""
        self._thread.shutdown(wait=True, cancel_futures=True)
