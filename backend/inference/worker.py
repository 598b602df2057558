"""Inference worker: one thread, and a bounded queue that is fair between clients."""

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

_RETRY = {"Retry-After": "1"}


def _busy() -> Problem:
    return Problem(BUSY, "Too many requests are waiting; try again in a second.", headers=_RETRY)


def _shutting_down() -> Problem:
    return Problem(NOT_READY, "The server is shutting down; try again in a moment.", headers=_RETRY)


@dataclass(frozen=True)
class JobOwner:
    """Owner of a job: client, route, and whether an earlier job of the same request has finished (`started`)."""

    client: str = ""
    route: str = ""
    started: bool = False


@dataclass(frozen=True, eq=False)
class QueuedJob:
    """A job that waits or runs."""

    owner: JobOwner
    call: Callable[[], Any]
    future: concurrent.futures.Future[Any] = field(default_factory=concurrent.futures.Future)


class Worker:
    """Runs one job at a time. Thread-safe.

    More threads would not help, because one computation already uses all its cores. Waiting jobs are served round-robin
    over clients, so that no client waits for all jobs of another. At most `queue_limit` jobs wait. When the queue is
    full, a job from the client with the most waiting jobs is refused (503): its newest job if another client with fewer
    waiting jobs asks, otherwise the new job.

    `prepare` is called once on the thread. `observe` is called with the route and seconds of each finished job.
    """

    def __init__(self, queue_limit: int, prepare: Callable[[], object] = lambda: None) -> None:
        self.observe: Callable[[str, float], None] = lambda _route, _seconds: None
        self._capacity = queue_limit + 1  # waiting jobs and the running one
        self._queues: OrderedDict[str, deque[QueuedJob]] = OrderedDict()  # by client, next to be served first
        self._running: QueuedJob | None = None
        self._stopping = False
        self._lock = threading.RLock()  # reentrant: a future that ends while it is held calls back into _drop
        self._thread = concurrent.futures.ThreadPoolExecutor(1, "inference", initializer=prepare)

    @property
    def job_count(self) -> int:
        """Number of waiting and running jobs."""
        with self._lock:
            return sum(map(len, self._queues.values())) + (self._running is not None)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Result of `work` for a job of the server itself. Raises Problem as `submit` does."""
        return await asyncio.wrap_future(self.submit(JobOwner(), partial(work, *args, **kwargs)))

    def submit(self, owner: JobOwner, call: Callable[[], T]) -> concurrent.futures.Future[T]:
        """Queue `call`. Cancelling the future removes a job that has not started.

        Raises Problem (503, Retry-After) when the queue is full or the server is shutting down.
        """
        job = QueuedJob(owner, partial(copy_context().run, call))
        with self._lock:
            if self._stopping and not owner.started:
                raise _shutting_down()
            if self.job_count >= self._capacity:
                self._make_room(owner.client)
            self._queues.setdefault(owner.client, deque()).append(job)
            self._thread.submit(self._run_next)
        job.future.add_done_callback(lambda future: self._drop(job) if future.cancelled() else None)
        return job.future

    def stop_accepting(self) -> None:
        """Refuse new requests and waiting ones; jobs of requests that have started still run."""
        with self._lock:
            self._stopping = True
            for job in [job for queue in self._queues.values() for job in queue if not job.owner.started]:
                self._refuse(job, _shutting_down())

    def close(self, seconds: float) -> None:
        """Refuse all waiting jobs and wait at most `seconds` for the running one."""
        with self._lock:
            for job in [job for queue in self._queues.values() for job in queue]:
                self._refuse(job, _shutting_down())
            running = self._running
        self._thread.shutdown(wait=False, cancel_futures=True)
        if running is not None:
            concurrent.futures.wait([running.future], seconds)

    def _make_room(self, client: str) -> None:
        longest = max(self._queues.values(), key=len, default=deque())
        if len(longest) <= len(self._queues.get(client, ())) + 1:
            raise _busy()
        self._refuse(longest[-1], _busy())

    def _refuse(self, job: QueuedJob, problem: Problem) -> None:
        self._drop(job)
        if job.future.set_running_or_notify_cancel():
            job.future.set_exception(problem)

    def _drop(self, job: QueuedJob) -> None:
        with self._lock:
            queue = self._queues.get(job.owner.client, deque())
            if job in queue:
                queue.remove(job)
            if not queue:
                self._queues.pop(job.owner.client, None)

    def _take_next(self) -> QueuedJob | None:
        """Oldest job of the next client, which then moves to the end of the rotation."""
        with self._lock:
            if not self._queues:
                return None  # cancelled or refused in the meantime
            client, queue = self._queues.popitem(last=False)
            job = queue.popleft()
            if queue:
                self._queues[client] = queue
            self._running = job if job.future.set_running_or_notify_cancel() else None
            return self._running

    def _run_next(self) -> None:
        job = self._take_next()
        if job is None:
            return
        result, error, start = None, None, time.perf_counter()
        try:
            result = job.call()
        except BaseException as caught:
            error = caught
        self.observe(job.owner.route, time.perf_counter() - start)
        with self._lock:
            self._running = None
        if error is None:
            job.future.set_result(result)
        else:
            job.future.set_exception(error)
