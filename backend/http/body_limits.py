"""Limits on request bodies: size of each, memory of all together, and time between two parts. Bodies stay in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from starlette.datastructures import Headers
from starlette.formparsers import MultiPartParser
from starlette.types import Message, Receive

from backend.errors import BUSY, TOO_SLOW, Problem, too_large

_FORM_BYTES = 64 * 1024  # multipart overhead around the file
_DISCARD_FACTOR = 4  # a body that is too large is read and discarded up to this multiple of the limit
_CLOSE = {"Connection": "close"}  # the rest of the body would be parsed as the next request


class BodyLimiter:
    """Limits each body to `upload_bytes`, all bodies of open requests to `total_bytes`, and the wait for the next part
    of a body to `read_timeout` seconds.
    """

    def __init__(self, upload_bytes: int, total_bytes: int, read_timeout: float) -> None:
        self._upload_bytes, self._total_bytes, self._read_timeout = upload_bytes, total_bytes, read_timeout
        self.pending_bytes = 0
        """Bytes of requests without a response."""
        self.received_bytes = 0
        """Bytes since the start."""

    async def check_content_length(self, headers: Headers, receive: Receive) -> None:
        """Raises Problem (too-large) if the announced body exceeds the limit."""
        if _content_length(headers) > self._max_body:
            if "expect" not in headers:  # a client that sends Expect waits for a response before the body
                await self._discard(receive)
            raise too_large(self._upload_bytes, headers=_CLOSE)

    @contextmanager
    def limit(self, receive: Receive) -> Iterator[Receive]:
        """`receive` of a request, which raises Problem (too-large, busy, too-slow) beyond the limits.

        The memory counts as free when the block ends.
        """
        size, more = 0, True

        async def limited() -> Message:
            nonlocal size, more
            message = await self._receive(receive) if more else await receive()
            part = len(message.get("body", b""))
            more = message.get("more_body", False)
            size += part
            self._count(part)
            problem = self._exceeded(size)
            if problem is None:
                return message
            self.pending_bytes, size = self.pending_bytes - size, 0
            if more:
                await self._discard(receive)
            raise problem

        try:
            yield limited
        finally:
            self.pending_bytes -= size

    @contextmanager
    def hold(self, size: int) -> Iterator[None]:
        """Count a received body of `size` bytes until the block ends. Raises Problem as `limit` does."""
        self._count(size)
        try:
            if (problem := self._exceeded(size)) is not None:
                raise problem
            yield
        finally:
            self.pending_bytes -= size

    def _count(self, size: int) -> None:
        self.pending_bytes += size
        self.received_bytes += size

    def _exceeded(self, size: int) -> Problem | None:
        if size > self._max_body:
            return too_large(self._upload_bytes, headers=_CLOSE)
        if self.pending_bytes > self._total_bytes:
            detail = "The server is receiving too much data at once; try again in a second."
            return Problem(BUSY, detail, headers={"Retry-After": "1", **_CLOSE})
        return None

    async def _discard(self, receive: Receive) -> None:
        """Read and drop more of the body: a client that is cut off while it sends does not read the response."""
        left = _DISCARD_FACTOR * self._max_body
        with suppress(TimeoutError):
            async with asyncio.timeout(self._read_timeout):
                while left > 0:
                    message = await receive()
                    left -= len(message.get("body", b""))
                    if not message.get("more_body", False):
                        return

    @property
    def _max_body(self) -> int:
        return self._upload_bytes + _FORM_BYTES

    async def _receive(self, receive: Receive) -> Message:
        try:
            async with asyncio.timeout(self._read_timeout):
                return await receive()
        except TimeoutError:
            detail = f"No byte of the request body arrived for {self._read_timeout:g} s; send the request again."
            raise Problem(TOO_SLOW, detail, headers=_CLOSE) from None


def keep_uploads_in_memory() -> None:
    """Keep uploads off the disk in this process: by default Starlette writes those above 1 MiB to a temporary file."""
    MultiPartParser.spool_max_size = 0  # of SpooledTemporaryFile, where 0 means no limit


def _content_length(headers: Headers) -> int:
    length = headers.get("content-length", "0")
    return int(length[:20]) if length.isdecimal() else 0  # 20 digits suffice to exceed any limit
