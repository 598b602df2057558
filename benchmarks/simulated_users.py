"""Simulated users who move sliders ten times a second.

Like the page, each has at most one request in flight and then sends only the newest value.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

MOVE_SECONDS = 0.1


@dataclass
class Tally:
    """Counts over all users."""

    moves: int = 0
    seconds: list[float] = field(default_factory=list)
    """Duration of each request, from its first byte to the last byte of the response."""
    refused: int = 0
    failed: int = 0
    wrong: int = 0


async def user(number: int, port: int, expected: Mapping[bytes, bytes], until: float, tally: Tally) -> None:
    """Move sliders until `until` (perf_counter). `expected`: the response to each request body without load."""
    draw, bodies = random.Random(number), list(expected)
    source = (f"127.0.{1 + number // 250}.{1 + number % 250}", 0)  # one address per user, for the per-client limits
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=source)
    due = time.perf_counter() + draw.random() * MOVE_SECONDS
    while (now := time.perf_counter()) < until:
        if now < due:
            await asyncio.sleep(due - now)
        passed = 1 + int((time.perf_counter() - due) / MOVE_SECONDS)
        tally.moves += passed
        due += passed * MOVE_SECONDS
        body = draw.choice(bodies)
        started = time.perf_counter()
        status, headers, response = await request(reader, writer, "POST", "/decode", body)
        if status == 200:
            tally.seconds.append(time.perf_counter() - started)
            tally.wrong += response != expected[body]
        elif status == 503:
            tally.refused += 1
            due = time.perf_counter() + float(headers["retry-after"])
        else:
            tally.failed += 1
    writer.close()


async def probe_liveness(port: int, until: float) -> list[float]:
    """Response times of /livez in seconds, requested ten times a second."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found = []
    while time.perf_counter() < until:
        started = time.perf_counter()
        await request(reader, writer, "GET", "/livez", b"")
        found.append(time.perf_counter() - started)
        await asyncio.sleep(MOVE_SECONDS)
    writer.close()
    return found


async def request(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, method: str, path: str, body: bytes
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a response, by a minimal client that uses little CPU."""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    head_lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head_lines[1:])}
    return int(head_lines[0].split()[1]), headers, await reader.readexactly(int(headers.get("content-length", 0)))
