"""Worker jobs of one HTTP request, cancelled when its client disconnects."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import ParamSpec, TypeVar

from starlette.requests import ClientDisconnect, Request

from backend.inference.worker import JobOwner, Worker

P = ParamSpec("P")
T = TypeVar("T")


class ClientJob:
    """Runs the computations of one request on the worker.

    A client is identified by its address (behind a trusted proxy, the forwarded one). A connection has one request at a
    time, so requests from one address are served in order of arrival.
    """

    def __init__(self, worker: Worker, request: Request) -> None:
        self._worker, self._request = worker, request
        client = request.client.host if request.client is not None else ""
        self._owner = JobOwner(client, getattr(request.scope.get("route"), "path", ""))

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Result of `work`. Raises Problem (503) if the queue is full, ClientDisconnect if the client has gone."""
        if self._owner.started and await self._request.is_disconnected():
            raise ClientDisconnect
        future = self._worker.submit(self._owner, partial(work, *args, **kwargs))
        result = asyncio.wrap_future(future)
        if self._worker.job_count > 1:
            await self._wait(result)
            if not result.done() and future.cancel():
                raise ClientDisconnect
        value = await result
        self._owner = replace(self._owner, started=True)
        return value

    async def _wait(self, result: asyncio.Future[T]) -> None:
        """Wait for the result or for the client to disconnect, whichever comes first."""
        disconnected = asyncio.create_task(self._disconnected())
        try:
            await asyncio.wait((result, disconnected), return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            result.cancel()
            raise
        finally:
            disconnected.cancel()

    async def _disconnected(self) -> None:
        while (await self._request.receive())["type"] != "http.disconnect":
            pass
