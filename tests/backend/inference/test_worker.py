from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from backend.errors import BUSY, Problem
from backend.inference.worker import Worker


def drive(queue: int, scene: Callable[[Worker], Coroutine[Any, Any, None]]) -> None:
    async def play() -> None:
        worker = Worker(queue)
        try:
            await asyncio.wait_for(scene(worker), 10)
        finally:
            await asyncio.to_thread(worker.close, 1.0)

    asyncio.run(play())


def test_one_thread_in_order() -> None:
    seen: list[tuple[int, int]] = []

    async def scene(worker: Worker) -> None:
        await asyncio.gather(*(worker.run(lambda i=i: seen.append((i, threading.get_ident()))) for i in range(5)))

    drive(10, scene)
    assert [number for number, _ in seen] == list(range(5))
    assert len({thread for _, thread in seen}) == 1
    assert seen[0][1] != threading.get_ident()


def test_a_full_queue_refuses_at_once_and_recovers() -> None:
    async def scene(worker: Worker) -> None:
        gate = threading.Event()
        held = [asyncio.create_task(worker.run(gate.wait)) for _ in range(3)]
        await asyncio.sleep(0)
        assert worker.job_count == 3
        with pytest.raises(Problem) as caught:
            await worker.run(int)
        assert caught.value.kind is BUSY
        gate.set()
        await asyncio.gather(*held)
        await asyncio.sleep(0.01)
        assert worker.job_count == 0
        assert await worker.run(int) == 0

    drive(2, scene)


def test_a_fault_is_the_callers_and_frees_its_place() -> None:
    async def scene(worker: Worker) -> None:
        for _ in range(5):
            with pytest.raises(ZeroDivisionError):
                await worker.run(lambda: 1 // 0)
            await asyncio.sleep(0.01)
        assert await worker.run(lambda: "fine") == "fine"

    drive(0, scene)


def test_a_client_that_leaves_does_not_free_a_place_that_still_works() -> None:
    async def scene(worker: Worker) -> None:
        gate, runs = threading.Event(), threading.Event()
        task = asyncio.create_task(worker.run(lambda: (runs.set(), gate.wait())))
        await asyncio.to_thread(runs.wait)
        task.cancel()
        await asyncio.sleep(0.01)
        assert worker.job_count == 1
        with pytest.raises(Problem):
            await worker.run(int)
        gate.set()
        await asyncio.sleep(0.05)
        assert worker.job_count == 0

    drive(0, scene)


def test_over_http_a_full_queue_is_a_503_that_says_when_to_come_again(start, check_problem, to_file) -> None:
    client: TestClient = start(queue_limit=0)
    worker, gate = client.app.state.engine.worker, threading.Event()
    request = {"module": 1, "seconds": 1, "base": "zero"}
    held = client.portal.start_task_soon(worker.run, gate.wait)
    while not worker.job_count:
        pass
    for answer in (
        client.post("/decode", json=request),
        client.post("/encode", files={"file": to_file(np.zeros(16_000))}),
    ):
        check_problem(answer, 503, kind="busy")
        assert int(answer.headers["retry-after"]) >= 1
    assert client.get("/livez").status_code == 200
    gate.set()
    held.result(10)
    assert client.post("/decode", json=request).status_code == 200
