"""A request's turn at the worker, which ends when its client goes away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import ParamSpec, TypeVar

from starlette.requests import ClientDisconnect, Request

from backend.inference.worker import Asker, Worker

P = ParamSpec("P")
T = TypeVar("T")


class Turn:
    """Computes for one request. Clients are told apart by their address, which behind a proxy is the one it forwards:
    a connection has one request at a time, so those of one address are served first come first served.
    """

    def __init__(self, worker: Worker, request: Request) -> None:
        self._worker, self._request = worker, request
        client = request.client.host if request.client is not None else ""
        self._asker = Asker(client, getattr(request.scope.get("route"), "path", ""))

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `work` returns. Raises Problem (503) where the queue is full, ClientDisconnect where nobody waits."""
        if self._asker.begun and await self._request.is_disconnected():
            raise ClientDisconnect
        future = self._worker.submit(self._asker, partial(work, *args, **kwargs))
        result = asyncio.wrap_future(future)
        if self._worker.taken > 1:
            await self._wait(result)
            if not result.done() and future.cancel():
                raise ClientDisconnect
        answer = await result
        self._asker = replace(self._asker, begun=True)
        return answer

    async def _wait(self, result: asyncio.Future[T]) -> None:
        """Until there is a result, or nobody to take it."""
        gone = asyncio.create_task(self._gone())
        try:
            await asyncio.wait((result, gone), return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            result.cancel()
            raise
        finally:
            gone.cancel()

    async def _gone(self) -> None:
        while (await self._request.receive())["type"] != "http.disconnect":
            pass
