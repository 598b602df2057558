"""Backend under load: several users move sliders ten times a second, with the shipped model and a clip of one second.

The baseline sends the same requests one after another without other load. Every response is compared with the
baseline's, byte by byte.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.service import Service, encode, post, service
from benchmarks.simulated_users import Tally, probe_liveness, user
from trainer.audio import encode_wav

USERS = (1, 8, 32, 64)
SECONDS, RATE, MODULE = 1.0, 16_000, 3
VALUES = np.round(np.linspace(-3, 3, 25), 2).tolist()
DIMS = range(4)
MEBIBYTE = 1 << 20


def rows(seconds: float, users: tuple[int, ...] = USERS) -> Iterator[dict[str, Any]]:
    """One row per number of users: throughput, response times, refusals, wrong responses, memory at start and end."""
    with service() as serving:
        noise = 0.1 * np.random.default_rng(0).normal(size=round(SECONDS * RATE))
        clip = encode(serving.connection, encode_wav(noise.astype(np.float32), RATE))
        expected, times = _sequential(serving, clip)
        baseline = _quantiles(times)
        sequential = {
            "what": "one after another",
            "people": 0,
            "requests_per_second": round(1 / float(np.mean(times)), 1),
        }
        yield {**sequential, **baseline, "ratio": 1.0, "n": len(times)}
        for count in users:
            yield _concurrent(serving, expected, count, seconds, baseline["median_ms"])


def _sequential(serving: Service, clip: str) -> tuple[dict[bytes, bytes], list[float]]:
    """The response to each request body, and its duration in seconds, without other load."""
    responses, times = {}, []
    for dim in DIMS:
        for value in VALUES:
            edits = [{"dim": dim, "op": "add", "value": value}]
            body = json.dumps({"module": MODULE, "clip": clip, "edits": edits}).encode()
            started = time.perf_counter()
            responses[body] = post(serving.connection, "/decode", body, "application/json")
            times.append(time.perf_counter() - started)
    return responses, times


def _concurrent(
    serving: Service, expected: dict[bytes, bytes], count: int, seconds: float, baseline_ms: float
) -> dict[str, Any]:
    tally = Tally()
    done = threading.Event()
    memory: list[float] = []

    def sample_memory() -> None:
        while not done.wait(1):
            memory.append(_resident_mb(serving.pid))

    async def run_users() -> list[float]:
        until = time.perf_counter() + seconds
        users = [user(number, serving.port, expected, until, tally) for number in range(count)]
        async with asyncio.TaskGroup() as group:
            liveness = group.create_task(probe_liveness(serving.port, until))
            for one in users:
                group.create_task(one)
        return liveness.result()

    sampler = threading.Thread(target=sample_memory)
    sampler.start()
    started = time.perf_counter()
    try:
        livez = asyncio.run(run_users())
    finally:
        done.set()
        sampler.join()
    took = time.perf_counter() - started
    timed = _quantiles(tally.seconds)
    minute = max(1, min(60, len(memory) // 2))
    return {
        "what": "moving sliders",
        "people": count,
        "seconds": round(took, 1),
        "moves_per_second": round(tally.moves / took, 1),
        "requests_per_second": round(len(tally.seconds) / took, 1),
        **timed,
        "ratio": round(timed["median_ms"] / baseline_ms, 2),
        "n": len(tally.seconds),
        "refused": tally.refused,
        "failed": tally.failed,
        "wrong": tally.wrong,
        "livez_p99_ms": _quantiles(livez)["p99_ms"],
        "first_mb": round(float(np.mean(memory[:minute])), 1),
        "last_mb": round(float(np.mean(memory[-minute:])), 1),
    }


def _quantiles(seconds: list[float]) -> dict[str, float]:
    median, p95, p99 = np.quantile(seconds, (0.5, 0.95, 0.99)) * 1000
    return {"median_ms": round(median, 1), "p95_ms": round(p95, 1), "p99_ms": round(p99, 1)}


def _resident_mb(pid: int) -> float:
    """Resident memory of a process, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024 / MEBIBYTE
