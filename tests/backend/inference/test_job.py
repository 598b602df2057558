"""Fairness between clients, refusal when the queue is full, cancellation and shutdown."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial

import pytest
from starlette.requests import ClientDisconnect, Request

from backend.errors import BUSY, NOT_READY, Problem
from backend.inference.job import ClientJob
from backend.inference.worker import JobOwner, Worker


@contextmanager
def blocked_worker(queue: int) -> Iterator[tuple[Worker, threading.Event]]:
    """A worker that is busy until the event is set."""
    worker, gate, busy = Worker(queue), threading.Event(), threading.Event()
    worker.submit(JobOwner("blocking"), lambda: (busy.set(), gate.wait(60)))
    assert busy.wait(60)
    try:
        yield worker, gate
    finally:
        gate.set()
        worker.close(60)


def submit(worker: Worker, client: str, call: Callable[[], object] = int, *, started: bool = False) -> Future[object]:
    return worker.submit(JobOwner(client, started=started), call)


def test_jobs_are_served_round_robin_over_clients() -> None:
    served: list[str] = []
    with blocked_worker(20) as (worker, gate):
        jobs = [submit(worker, "many", partial(served.append, f"many {number}")) for number in range(5)]
        jobs += [submit(worker, "one", partial(served.append, "one"))]
        jobs += [submit(worker, "two", partial(served.append, f"two {number}")) for number in range(2)]
        gate.set()
        for job in jobs:
            job.result(60)
    assert served == ["many 0", "one", "two 0", "many 1", "two 1", "many 2", "many 3", "many 4"]


def test_full_queue_refuses_the_client_with_most_jobs() -> None:
    with blocked_worker(4) as (worker, gate):
        many = [submit(worker, "many") for _ in range(4)]
        with pytest.raises(Problem) as caught:
            submit(worker, "many")
        assert caught.value.kind is BUSY
        other = [submit(worker, "other") for _ in range(2)]
        assert worker.job_count == 5
        with pytest.raises(Problem):
            submit(worker, "other")  # both clients have two jobs
        gate.set()
        assert [job.result(60) for job in (*many[:2], *other)] == [0] * 4
        for job in many[2:]:
            with pytest.raises(Problem) as caught:
                job.result(60)
            assert caught.value.kind is BUSY
            assert caught.value.headers == {"Retry-After": "1"}


def test_cancelled_job_frees_its_place_and_never_runs() -> None:
    served: list[str] = []
    with blocked_worker(2) as (worker, gate):
        first, second = (submit(worker, name, partial(served.append, name)) for name in ("first", "second"))
        assert worker.job_count == 3
        assert first.cancel()
        assert worker.job_count == 2
        third = submit(worker, "third", partial(served.append, "third"))
        gate.set()
        second.result(60)
        third.result(60)
    assert served == ["second", "third"]


def test_shutdown_finishes_started_requests_and_refuses_others() -> None:
    with blocked_worker(9) as (worker, gate):
        started, waiting = submit(worker, "a", lambda: "done", started=True), submit(worker, "a")
        worker.stop_accepting()
        with pytest.raises(Problem) as caught:
            waiting.result(60)
        assert caught.value.kind is NOT_READY
        with pytest.raises(Problem):
            submit(worker, "b")
        later = submit(worker, "a", lambda: "done too", started=True)
        gate.set()
        assert (started.result(60), later.result(60)) == ("done", "done too")


def test_close_waits_for_a_bounded_time() -> None:
    with blocked_worker(3) as (worker, gate):
        waiting = submit(worker, "a", started=True)
        worker.close(0.05)
        assert worker.job_count == 1, "a running job cannot be stopped"
        with pytest.raises(Problem):
            waiting.result(60)
        gate.set()


def client_job(worker: Worker, disconnected: asyncio.Event) -> ClientJob:
    """Job of a request whose client disconnects when `disconnected` is set."""

    async def receive() -> dict[str, str]:
        await disconnected.wait()
        return {"type": "http.disconnect"}

    return ClientJob(worker, Request({"type": "http", "client": ("10.0.0.1", 1), "headers": []}, receive))


def test_disconnect_cancels_a_waiting_job() -> None:
    served: list[str] = []

    async def run(worker: Worker, gate: threading.Event) -> None:
        disconnected, connected = asyncio.Event(), asyncio.Event()
        leaves = asyncio.create_task(client_job(worker, disconnected).run(served.append, "leaves"))
        waits = asyncio.create_task(client_job(worker, connected).run(served.append, "waits"))
        await asyncio.sleep(0.05)
        assert worker.job_count == 3
        disconnected.set()
        with pytest.raises(ClientDisconnect):
            await asyncio.wait_for(leaves, 60)
        assert worker.job_count == 2
        gate.set()
        await asyncio.wait_for(waits, 60)

    with blocked_worker(5) as (worker, gate):
        asyncio.run(run(worker, gate))
    assert served == ["waits"]


def test_disconnect_between_two_jobs_stops_the_request() -> None:
    async def run(worker: Worker) -> None:
        disconnected = asyncio.Event()
        job = client_job(worker, disconnected)
        assert await job.run(int) == 0
        disconnected.set()
        with pytest.raises(ClientDisconnect):
            await job.run(int)

    worker = Worker(1)
    asyncio.run(run(worker))
    worker.close(60)


def test_cancelled_request_removes_its_job() -> None:
    async def run(worker: Worker) -> None:
        task = asyncio.create_task(client_job(worker, asyncio.Event()).run(int))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert worker.job_count == 1

    with blocked_worker(5) as (worker, _):
        asyncio.run(run(worker))
