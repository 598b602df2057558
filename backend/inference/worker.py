"""One thread for all inference, off the event loop, and a bounded queue before it in which clients take turns."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ParamSpec, TypeVar

from backend.errors import BUSY, NOT_READY, Problem

P = ParamSpec("P")
T = TypeVar("T")

_SOON = {"Retry-After": "1"}


def _busy() -> Problem:
    return Problem(BUSY, "Too many requests are waiting; try again in a second.", headers=_SOON)


def _ending() -> Problem:
    return Problem(NOT_READY, "The server is about to end; ask again in a moment.", headers=_SOON)


@dataclass(frozen=True)
class Asker:
    """Whom a computation is for. `begun`: it goes on with a request of which a part is done already."""

    client: str = ""
    route: str = ""
    begun: bool = False


@dataclass(frozen=True, eq=False)
class Job:
    """A computation that waits or runs."""

    asker: Asker
    call: Callable[[], Any]
    future: concurrent.futures.Future[Any] = field(default_factory=concurrent.futures.Future)


class Worker:
    """Runs one computation at a time. Safe to use from many threads.

    More threads would not help: one computation already fills the cores it may use. Those that wait are served client
    by client in turn, so that nobody waits for all that another has asked. At most `queue` wait. The next is refused at
    once, since an answer that comes too late is worth less than an honest refusal; or, if its client has fewer waiting
    than another, the last one of whoever has most is refused in its place.

    `prepare` is called once on the thread; `observe` is told each computation's route and seconds.
    """

    def __init__(self, queue: int, prepare: Callable[[], object] = lambda: None) -> None:
        self.observe: Callable[[str, float], None] = lambda _route, _seconds: None
        self._places = queue + 1  # those that wait and the one that runs
        self._lines: OrderedDict[str, deque[Job]] = OrderedDict()  # by client, whose turn it is first
        self._running: Job | None = None
        self._ending = False
        self._lock = threading.RLock()  # a future that ends under it calls back
        self._thread = concurrent.futures.ThreadPoolExecutor(1, "inference", initializer=prepare)

    @property
    def taken(self) -> int:
        """How many computations wait or run."""
        with self._lock:
            return sum(map(len, self._lines.values())) + (self._running is not None)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `work` returns; for the house itself. Raises Problem as `submit` does."""
        return await asyncio.wrap_future(self.submit(Asker(), partial(work, *args, **kwargs)))

    def submit(self, asker: Asker, call: Callable[[], T]) -> concurrent.futures.Future[T]:
        """What `call` will have returned; cancelling it frees its place if it has not begun. Raises Problem (503,
        Retry-After) when the queue is full or the server ends.
        """
        job = Job(asker, partial(copy_context().run, call))
        with self._lock:
            if self._ending and not asker.begun:
                raise _ending()
            if self.taken >= self._places:
                self._make_place(asker.client)
            self._lines.setdefault(asker.client, deque()).append(job)
            self._thread.submit(self._serve_next)
        job.future.add_done_callback(lambda future: self._drop(job) if future.cancelled() else None)
        return job.future

    def end(self) -> None:
        """Finish the requests that have begun and refuse the others, from now on and those that wait."""
        with self._lock:
            self._ending = True
            for job in [job for line in self._lines.values() for job in line if not job.asker.begun]:
                self._refuse(job, _ending())

    def close(self, seconds: float) -> None:
        """Drop what waits, and give what runs some seconds more."""
        with self._lock:
            for job in [job for line in self._lines.values() for job in line]:
                self._refuse(job, _ending())
            running = self._running
        self._thread.shutdown(wait=False, cancel_futures=True)
        if running is not None:
            concurrent.futures.wait([running.future], seconds)

    def _make_place(self, client: str) -> None:
        longest = max(self._lines.values(), key=len, default=deque())
        if len(longest) <= len(self._lines.get(client, ())) + 1:
            raise _busy()
        self._refuse(longest[-1], _busy())

    def _refuse(self, job: Job, problem: Problem) -> None:
        self._drop(job)
        if job.future.set_running_or_notify_cancel():
            job.future.set_exception(problem)

    def _drop(self, job: Job) -> None:
        with self._lock:
            line = self._lines.get(job.asker.client, deque())
            if job in line:
                line.remove(job)
            if not line:
                self._lines.pop(job.asker.client, None)

    def _take(self) -> Job | None:
        """The next computation: the oldest of the client whose turn it is, who then goes to the end."""
        with self._lock:
            if not self._lines:
                return None  # given up or refused since
            client, line = self._lines.popitem(last=False)
            job = line.popleft()
            if line:
                self._lines[client] = line
            self._running = job if job.future.set_running_or_notify_cancel() else None
            return self._running

    def _serve_next(self) -> None:
        job = self._take()
        if job is None:
            return
        result, error, started = None, None, time.perf_counter()
        try:
            result = job.call()
        except BaseException as caught:
            error = caught
        self.observe(job.asker.route, time.perf_counter() - started)
        with self._lock:
            self._running = None
        if error is None:
            job.future.set_result(result)
        else:
            job.future.set_exception(error)
