"""What a request may send: how much, how fast, how much of it all requests together, and how intricate as JSON.

Bodies wait in memory, never on disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartParser
from starlette.responses import Response
from starlette.types import Message, Receive

from backend.errors import BUSY, TOO_SLOW, Problem, invalid, too_large

_FORM_BYTES = 64 * 1024  # what a multipart body holds beside its file
_DISCARDED = 4  # times what is allowed: so much more of a body is let in to be thrown away
_MOST_JSON_PARTS = 20_000  # a thousand edits, written out in full, are 7000
_CLOSE = {"Connection": "close"}  # what is still on its way would be taken for the next request


class Bodies:
    """Takes request bodies: each at most `upload_bytes`, all that are here at once `together`, and from no client that
    falls silent for `patience_seconds`.
    """

    def __init__(self, upload_bytes: int, together: int, patience_seconds: float) -> None:
        self._upload, self._together, self._patience = upload_bytes, together, patience_seconds
        self.held = 0
        """Bytes, of requests that are not answered yet."""
        self.received = 0
        """Bytes since the start."""

    async def check_announced(self, headers: Headers, receive: Receive) -> None:
        """Raise Problem where a body says itself that it is too large."""
        if _content_length(headers) > self._most:
            if "expect" not in headers:  # who asks first has not begun to send
                await self._discard(receive)
            raise too_large(self._upload, headers=_CLOSE)

    @contextmanager
    def taking(self, receive: Receive) -> Iterator[Receive]:
        """`receive` of a request, within these bounds; beyond them it raises Problem. The room its body takes is given
        back when the block ends.
        """
        taken, more = 0, True

        async def bounded() -> Message:
            nonlocal taken, more
            message = await self._next(receive) if more else await receive()
            size = len(message.get("body", b""))
            more = message.get("more_body", False)
            taken, self.held, self.received = taken + size, self.held + size, self.received + size
            problem = self._objection(taken)
            if problem is None:
                return message
            self.held, taken = self.held - taken, 0
            if more:
                await self._discard(receive)
            raise problem

        try:
            yield bounded
        finally:
            self.held -= taken

    def _objection(self, taken: int) -> Problem | None:
        if taken > self._most:
            return too_large(self._upload, headers=_CLOSE)
        if self.held > self._together:
            detail = "Too much is being sent at once; try again in a second."
            return Problem(BUSY, detail, headers={"Retry-After": "1", **_CLOSE})
        return None

    async def _discard(self, receive: Receive) -> None:
        """Let the client send some more: one that is cut off while it sends does not get to see why."""
        left = _DISCARDED * self._most
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience):
                while left > 0:
                    message = await receive()
                    left -= len(message.get("body", b""))
                    if not message.get("more_body", False):
                        return

    @property
    def _most(self) -> int:
        return self._upload + _FORM_BYTES

    async def _next(self, receive: Receive) -> Message:
        try:
            async with asyncio.timeout(self._patience):
                return await receive()
        except TimeoutError:
            detail = f"Nothing of the request's body came for {self._patience:g} s; send it again."
            raise Problem(TOO_SLOW, detail, headers=_CLOSE) from None


def keep_uploads_in_memory() -> None:
    """Starlette would write what is larger than a mebibyte to a temporary file. Holds for the whole process."""
    MultiPartParser.spool_max_size = 0  # of a SpooledTemporaryFile: never to the disk


class PlainJson(APIRoute):
    """A route whose JSON is large by its strings alone. Any other would keep the event loop busy for seconds and take
    fifty times its size in memory.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def checked(request: Request) -> Response:
            body = await request.body()
            if sum(body.count(mark) for mark in b"[{,") > _MOST_JSON_PARTS:
                raise invalid(
                    "body", f"has more than {_MOST_JSON_PARTS} values; send fewer edits, and arrays as base64"
                )
            return await handle(request)

        return checked


def _content_length(headers: Headers) -> int:
    length = headers.get("content-length", "0")
    return int(length[:20]) if length.isdecimal() else 0  # of a longer number, 20 digits are too many all the same
