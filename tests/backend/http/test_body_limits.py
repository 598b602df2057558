"""Limits on request bodies: size, total memory, read timeout."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from backend.errors import BODY_TOO_LARGE, BUSY, TOO_SLOW, Problem
from backend.http.body_limits import BodyLimiter


def receiving(*messages: Message) -> Callable[[], Any]:
    """`receive` of a client that sends these messages and then nothing."""
    left = list(messages)

    async def receive() -> Message:
        return left.pop(0) if left else await asyncio.Future()

    return receive


def part(size: int, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": bytes(size), "more_body": more}


def test_memory_of_all_bodies_is_bounded_and_released() -> None:
    limiter = BodyLimiter(upload_bytes=100_000, total_bytes=150_000, read_timeout=60)

    async def run() -> None:
        with limiter.limit(receiving(part(100_000, more=False))) as first:
            await first()
            with pytest.raises(Problem) as caught, limiter.limit(receiving(part(60_000, more=False))) as second:
                await second()
            assert caught.value.kind is BUSY
            assert caught.value.headers is not None
            assert caught.value.headers["Retry-After"] == "1"
            assert limiter.pending_bytes == 100_000
            with limiter.limit(receiving(part(50_000))) as third:
                await third()
        assert limiter.pending_bytes == 0
        assert limiter.received_bytes == 210_000

    asyncio.run(run())


def test_body_is_bounded_without_content_length() -> None:
    limiter = BodyLimiter(upload_bytes=1000, total_bytes=10**9, read_timeout=60)

    async def run() -> None:
        with limiter.limit(receiving(part(60_000), part(60_000, more=False))) as receive:
            await receive()
            with pytest.raises(Problem) as caught:
                await receive()
        assert caught.value.kind is BODY_TOO_LARGE
        assert limiter.pending_bytes == 0
        assert limiter.received_bytes == 120_000

    asyncio.run(run())


def test_too_large_body_is_discarded_up_to_a_limit() -> None:
    limiter = BodyLimiter(upload_bytes=1000, total_bytes=10**9, read_timeout=60)
    left = [part(60_000)] * 12 + [part(1, more=False)]

    async def receive() -> Message:
        return left.pop(0)

    async def run() -> None:
        with limiter.limit(receive) as bounded:
            await bounded()
            with pytest.raises(Problem):
                await bounded()
            assert limiter.pending_bytes == 0, "discarded bytes take no memory"
        assert len(left) == 6

    asyncio.run(run())


def test_read_timeout_applies_to_the_body_only() -> None:
    limiter = BodyLimiter(1000, 10_000, read_timeout=0.02)

    async def run() -> None:
        with limiter.limit(receiving(part(10))) as receive:
            await receive()
            with pytest.raises(Problem) as caught:
                await receive()
            assert caught.value.kind is TOO_SLOW
        with limiter.limit(receiving(part(10, more=False))) as receive:
            await receive()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(receive(), 0.2)

    asyncio.run(run())


def test_upload_is_never_written_to_disk(start: Any, monkeypatch: pytest.MonkeyPatch, to_file: Any) -> None:
    client: TestClient = start()
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000 * 45)
    upload = to_file(noise, subtype="FLOAT")
    assert len(upload) > 2 << 20
    assert client.post("/encode", files={"file": upload}).status_code == 200


def test_metrics_report_received_and_pending_bytes(client: TestClient) -> None:
    assert client.post("/decode", content=b"x" * 5000, headers={"content-type": "application/json"}).status_code == 422
    text = client.get("/metrics").text
    assert "\nbody_bytes 0.0\n" in text
    received = next(line for line in text.splitlines() if line.startswith("received_bytes_total "))
    assert float(received.split()[1]) >= 5000
    loads = next(line for line in text.splitlines() if line.startswith("model_loads_total "))
    assert float(loads.split()[1]) >= 1
    assert 'inference_seconds_count{route="none"}' in text, "the warm-up belongs to no request"
