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


def run_with_worker(queue: int, scenario: Callable[[Worker], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        worker = Worker(queue)
        try:
            await asyncio.wait_for(scenario(worker), 10)
        finally:
            await asyncio.to_thread(worker.close, 1.0)

    asyncio.run(main())


def test_jobs_run_on_one_thread_in_order() -> None:
    seen: list[tuple[int, int]] = []

    async def scenario(worker: Worker) -> None:
        await asyncio.gather(*(worker.run(lambda i=i: seen.append((i, threading.get_ident()))) for i in range(5)))

    run_with_worker(10, scenario)
    assert [number for number, _ in seen] == list(range(5))
    assert len({thread for _, thread in seen}) == 1
    assert seen[0][1] != threading.get_ident()


def test_full_queue_refuses_and_recovers() -> None:
    async def scenario(worker: Worker) -> None:
        gate = threading.Event()
        blocking = [asyncio.create_task(worker.run(gate.wait)) for _ in range(3)]
        await asyncio.sleep(0)
        assert worker.job_count == 3
        with pytest.raises(Problem) as caught:
            await worker.run(int)
        assert caught.value.kind is BUSY
        gate.set()
        await asyncio.gather(*blocking)
        await asyncio.sleep(0.01)
        assert worker.job_count == 0
        assert await worker.run(int) == 0

    run_with_worker(2, scenario)


def test_exception_reaches_the_caller_and_frees_the_place() -> None:
    async def scenario(worker: Worker) -> None:
        for _ in range(5):
            with pytest.raises(ZeroDivisionError):
                await worker.run(lambda: 1 // 0)
            await asyncio.sleep(0.01)
        assert await worker.run(lambda: "fine") == "fine"

    run_with_worker(0, scenario)


def test_cancelling_a_running_job_does_not_free_its_place() -> None:
    async def scenario(worker: Worker) -> None:
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

    run_with_worker(0, scenario)


def test_full_queue_is_a_503_with_retry_after_over_http(start, check_problem, to_file) -> None:
    client: TestClient = start(queue_limit=0)
    worker, gate = client.app.state.engine.worker, threading.Event()
    request = {"module": 1, "seconds": 1, "base": "zero"}
    blocking = client.portal.start_task_soon(worker.run, gate.wait)
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
    blocking.result(10)
    assert client.post("/decode", json=request).status_code == 200
