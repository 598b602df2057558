"""Clients take turns, a full queue is shared, and who goes away or comes too late takes no place."""

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
def held(queue: int) -> Iterator[tuple[Worker, threading.Event]]:
    """A worker that is busy until the event is set."""
    worker, gate, busy = Worker(queue), threading.Event(), threading.Event()
    worker.submit(JobOwner("held"), lambda: (busy.set(), gate.wait(60)))
    assert busy.wait(60)
    try:
        yield worker, gate
    finally:
        gate.set()
        worker.close(60)


def ask(worker: Worker, client: str, call: Callable[[], object] = int, *, started: bool = False) -> Future[object]:
    return worker.submit(JobOwner(client, started=started), call)


def test_clients_are_served_in_turn_whatever_one_of_them_asks_for() -> None:
    served: list[str] = []
    with held(20) as (worker, gate):
        jobs = [ask(worker, "many", partial(served.append, f"many {number}")) for number in range(5)]
        jobs += [ask(worker, "one", partial(served.append, "one"))]
        jobs += [ask(worker, "two", partial(served.append, f"two {number}")) for number in range(2)]
        gate.set()
        for job in jobs:
            job.result(60)
    assert served == ["many 0", "one", "two 0", "many 1", "two 1", "many 2", "many 3", "many 4"]


def test_a_full_queue_refuses_whoever_has_most_in_it() -> None:
    with held(4) as (worker, gate):
        many = [ask(worker, "many") for _ in range(4)]
        with pytest.raises(Problem) as caught:
            ask(worker, "many")
        assert caught.value.kind is BUSY
        other = [ask(worker, "other") for _ in range(2)]
        assert worker.job_count == 5
        with pytest.raises(Problem):
            ask(worker, "other")  # two and two: nobody is owed a place
        gate.set()
        assert [job.result(60) for job in (*many[:2], *other)] == [0] * 4
        for job in many[2:]:
            with pytest.raises(Problem) as caught:
                job.result(60)
            assert caught.value.kind is BUSY
            assert caught.value.headers == {"Retry-After": "1"}


def test_what_is_given_up_frees_its_place_and_is_never_computed() -> None:
    served: list[str] = []
    with held(2) as (worker, gate):
        first, second = (ask(worker, name, partial(served.append, name)) for name in ("first", "second"))
        assert worker.job_count == 3
        assert first.cancel()
        assert worker.job_count == 2
        third = ask(worker, "third", partial(served.append, "third"))
        gate.set()
        second.result(60)
        third.result(60)
    assert served == ["second", "third"]


def test_at_the_end_what_has_begun_is_finished_and_the_rest_refused() -> None:
    with held(9) as (worker, gate):
        begun, waiting = ask(worker, "a", lambda: "done", started=True), ask(worker, "a")
        worker.stop_accepting()
        with pytest.raises(Problem) as caught:
            waiting.result(60)
        assert caught.value.kind is NOT_READY
        with pytest.raises(Problem):
            ask(worker, "b")
        later = ask(worker, "a", lambda: "done too", started=True)
        gate.set()
        assert (begun.result(60), later.result(60)) == ("done", "done too")


def test_a_worker_that_closes_does_not_wait_for_ever() -> None:
    with held(3) as (worker, gate):
        waiting = ask(worker, "a", started=True)
        worker.close(0.05)
        assert worker.job_count == 1, "what runs cannot be stopped"
        with pytest.raises(Problem):
            waiting.result(60)
        gate.set()


def client_job(worker: Worker, gone: asyncio.Event) -> ClientJob:
    """The turn of a request whose client hangs up when `gone` is set."""

    async def receive() -> dict[str, str]:
        await gone.wait()
        return {"type": "http.disconnect"}

    return ClientJob(worker, Request({"type": "http", "client": ("10.0.0.1", 1), "headers": []}, receive))


def test_a_client_that_goes_away_while_it_waits_stops_costing() -> None:
    served: list[str] = []

    async def scene(worker: Worker, gate: threading.Event) -> None:
        gone, stays = asyncio.Event(), asyncio.Event()
        leaves = asyncio.create_task(client_job(worker, gone).run(served.append, "leaves"))
        waits = asyncio.create_task(client_job(worker, stays).run(served.append, "waits"))
        await asyncio.sleep(0.05)
        assert worker.job_count == 3
        gone.set()
        with pytest.raises(ClientDisconnect):
            await asyncio.wait_for(leaves, 60)
        assert worker.job_count == 2
        gate.set()
        await asyncio.wait_for(waits, 60)

    with held(5) as (worker, gate):
        asyncio.run(scene(worker, gate))
    assert served == ["waits"]


def test_a_client_that_goes_away_between_two_parts_of_an_answer_gets_no_more() -> None:
    async def scene(worker: Worker) -> None:
        gone = asyncio.Event()
        turn = client_job(worker, gone)
        assert await turn.run(int) == 0
        gone.set()
        with pytest.raises(ClientDisconnect):
            await turn.run(int)

    worker = Worker(1)
    asyncio.run(scene(worker))
    worker.close(60)


def test_a_request_that_is_cancelled_leaves_nothing_behind() -> None:
    async def scene(worker: Worker) -> None:
        task = asyncio.create_task(client_job(worker, asyncio.Event()).run(int))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert worker.job_count == 1

    with held(5) as (worker, _):
        asyncio.run(scene(worker))
