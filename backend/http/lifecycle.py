"""Server lifecycle: warm-up, readiness, expiry of clips, draining and shutdown."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from backend.errors import NOT_READY, Problem
from backend.inference.engine import Engine

log = logging.getLogger(__name__)

_WARM_UP_RETRY_SECONDS = 2.0
_SWEEP_SECONDS = 30.0
_LAST_JOB_SECONDS = 1.0
"""Extra time for a computation that is still running after the grace period. Only its response is lost."""


class Lifecycle:
    """Readiness of the server and its background tasks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._not_ready_reason: str | None = "The default model is being warmed up; try again in a second."
        self._draining = False

    def check_ready(self) -> None:
        """Raises Problem (503) with the reason when requests should go to another server."""
        if self._draining:
            raise Problem(NOT_READY, "The server is shutting down; use another server.")
        if self._not_ready_reason is not None:
            raise Problem(NOT_READY, self._not_ready_reason, headers={"Retry-After": "1"})

    def drain(self) -> None:
        """Report not ready from now on, but keep answering."""
        self._draining = True

    def stop_accepting(self) -> None:
        """Finish requests that have started and refuse all others."""
        self.drain()
        self._engine.worker.stop_accepting()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run warm-up and clip expiry in the background until the block ends; then close the worker."""
        tasks = [asyncio.create_task(self._warm_up()), asyncio.create_task(self._sweep())]
        try:
            yield
        finally:
            self.drain()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.to_thread(self._engine.worker.close, _LAST_JOB_SECONDS)

    async def _warm_up(self) -> None:
        """Warm up the default model. Retries, because a model may be added after the start."""
        while self._not_ready_reason is not None:
            try:
                await self._engine.worker.run(self._engine.warm_up)
                self._not_ready_reason = None
            except Problem as problem:
                self._set_not_ready(problem.detail)
            except Exception:
                if self._set_not_ready("The default model fails to run; see the server's log."):
                    log.exception("warm-up failed")
            if self._not_ready_reason is not None:
                await asyncio.sleep(_WARM_UP_RETRY_SECONDS)

    def _set_not_ready(self, reason: str) -> bool:
        """Set the reason why the server is not ready. Logs it and returns True if it changed."""
        changed = reason != self._not_ready_reason
        if changed:
            log.warning("not ready: %s", reason)
        self._not_ready_reason = reason
        return changed

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            self._engine.clips.drop_expired()
