"""People at their sliders: each moves one ten times a second and, as the page does, has one request on its way at most;
what was moved meanwhile is asked for by the newest value alone.
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
    """What happened to all people together."""

    moves: int = 0
    seconds: list[float] = field(default_factory=list)
    """Of each answer, from its request's first byte to its own last."""
    refused: int = 0
    failed: int = 0
    wrong: int = 0


async def person(number: int, port: int, answers: Mapping[bytes, bytes], until: float, tally: Tally) -> None:
    """Move a slider until the clock says so. `answers`: to each body for /decode, what a server asked alone gives."""
    draw, bodies = random.Random(number), list(answers)
    source = (f"127.0.{1 + number // 250}.{1 + number % 250}", 0)  # everybody has an address
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
        status, headers, answer = await ask(reader, writer, "POST", "/decode", body)
        if status == 200:
            tally.seconds.append(time.perf_counter() - started)
            tally.wrong += answer != answers[body]
        elif status == 503:
            tally.refused += 1
            due = time.perf_counter() + float(headers["retry-after"])
        else:
            tally.failed += 1
    writer.close()


async def watcher(port: int, until: float) -> list[float]:
    """Seconds until /livez answered, ten times a second."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found = []
    while time.perf_counter() < until:
        started = time.perf_counter()
        await ask(reader, writer, "GET", "/livez", b"")
        found.append(time.perf_counter() - started)
        await asyncio.sleep(MOVE_SECONDS)
    writer.close()
    return found


async def ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, method: str, path: str, body: bytes
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer, by a client that costs next to nothing."""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    told = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in told[1:])}
    return int(told[0].split()[1]), headers, await reader.readexactly(int(headers.get("content-length", 0)))
