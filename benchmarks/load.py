"""Many people at once, each of whom moves a slider ten times a second: shipped model, a clip of one second.

The baseline is the same requests one after another with nobody else there. Every answer is compared with the one given
then, byte by byte.
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

from benchmarks.people import Tally, person, watcher
from benchmarks.service import Service, encode, post, service
from trainer.audio.files import encode_wav

PEOPLE = (1, 8, 32, 64)
SECONDS, RATE, MODULE = 1.0, 16_000, 3
VALUES = np.round(np.linspace(-3, 3, 25), 2).tolist()
DIMS = range(4)
MEBIBYTE = 1 << 20


def rows(seconds: float, people: tuple[int, ...] = PEOPLE) -> Iterator[dict[str, Any]]:
    """A row a crowd: answers a second, their times, refusals, wrong answers, the server's memory at start and end."""
    with service() as serving:
        noise = 0.1 * np.random.default_rng(0).normal(size=round(SECONDS * RATE))
        clip = encode(serving.connection, encode_wav(noise.astype(np.float32), RATE))
        answers, times = _alone(serving, clip)
        baseline = _quantiles(times)
        alone = {"what": "one after another", "people": 0, "requests_per_second": round(1 / float(np.mean(times)), 1)}
        yield {**alone, **baseline, "ratio": 1.0, "n": len(times)}
        for count in people:
            yield _crowd(serving, answers, count, seconds, baseline["median_ms"])


def _alone(serving: Service, clip: str) -> tuple[dict[bytes, bytes], list[float]]:
    """What each request is answered by a server that has nothing else to do, and in how many seconds."""
    answers, times = {}, []
    for dim in DIMS:
        for value in VALUES:
            edits = [{"dim": dim, "op": "add", "value": value}]
            body = json.dumps({"module": MODULE, "clip": clip, "edits": edits}).encode()
            started = time.perf_counter()
            answers[body] = post(serving.connection, "/decode", body, "application/json")
            times.append(time.perf_counter() - started)
    return answers, times


def _crowd(
    serving: Service, answers: dict[bytes, bytes], count: int, seconds: float, alone_ms: float
) -> dict[str, Any]:
    tally = Tally()
    done = threading.Event()
    memory: list[float] = []

    def weigh() -> None:
        while not done.wait(1):
            memory.append(_resident(serving.pid))

    async def all_of_them() -> list[float]:
        until = time.perf_counter() + seconds
        moving = [person(number, serving.port, answers, until, tally) for number in range(count)]
        async with asyncio.TaskGroup() as group:
            watched = group.create_task(watcher(serving.port, until))
            for one in moving:
                group.create_task(one)
        return watched.result()

    scale = threading.Thread(target=weigh)
    scale.start()
    started = time.perf_counter()
    try:
        livez = asyncio.run(all_of_them())
    finally:
        done.set()
        scale.join()
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
        "ratio": round(timed["median_ms"] / alone_ms, 2),
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


def _resident(pid: int) -> float:
    """Mebibytes of memory that a process holds."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024 / MEBIBYTE
