"""From start to end: warm-up, readiness, forgetting, draining."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from backend.errors import NOT_READY, Problem
from backend.inference.engine import Engine

log = logging.getLogger(__name__)

_SECONDS_BETWEEN_TRIES = 2.0
_SECONDS_BETWEEN_SWEEPS = 30.0
_LAST_SECONDS = 1.0
"""For a computation that outlasts the grace period: nothing is lost with it but its answer."""


class Lifecycle:
    """Whether the server may be sent requests, and the tasks that run beside them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._obstacle: str | None = "The models are being warmed up; ask again in a second."
        self._draining = False

    def check_ready(self) -> None:
        """Raises Problem (503) that says why requests should go elsewhere."""
        if self._draining:
            raise Problem(NOT_READY, "The server is about to end; ask another.")
        if self._obstacle is not None:
            raise Problem(NOT_READY, self._obstacle, headers={"Retry-After": "1"})

    def drain(self) -> None:
        """From now on the server is not ready, though it still answers."""
        self._draining = True

    def end(self) -> None:
        """Requests that have begun are finished, the others refused."""
        self.drain()
        self._engine.worker.end()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Warm up and forget old clips in the background until the block ends; then finish what the worker is at."""
        tasks = [asyncio.create_task(self._warm_up()), asyncio.create_task(self._sweep())]
        try:
            yield
        finally:
            self.drain()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.to_thread(self._engine.worker.close, _LAST_SECONDS)

    async def _warm_up(self) -> None:
        """Until it succeeds: a model may be put in its place after the start."""
        while self._obstacle is not None:
            try:
                await self._engine.worker.run(self._engine.warm_up)
                self._obstacle = None
            except Problem as problem:
                self._tell(problem.detail)
            except Exception:
                if self._tell("The default model does not compute; the server's log says why."):
                    log.exception("warm-up failed")
            if self._obstacle is not None:
                await asyncio.sleep(_SECONDS_BETWEEN_TRIES)

    def _tell(self, obstacle: str) -> bool:
        """Note why the server is not ready; log it and return True where it is news."""
        news = obstacle != self._obstacle
        if news:
            log.warning("not ready: %s", obstacle)
        self._obstacle = obstacle
        return news

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SECONDS_BETWEEN_SWEEPS)
            self._engine.clips.sweep()
