"""Graceful stop: Ctrl-C or SIGTERM ends a run after the current step."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StopRequest:
    """True once the user or the system has asked the run to end."""

    def __init__(self) -> None:
        self.requested = False

    def __bool__(self) -> bool:
        return self.requested


@contextmanager
def graceful_stop() -> Iterator[StopRequest]:
    """A StopRequest that the first Ctrl-C or SIGTERM sets; a second Ctrl-C raises KeyboardInterrupt at once."""
    request = StopRequest()

    def handle(signum: int, _: FrameType | None) -> None:
        if request.requested and signum == signal.SIGINT:
            raise KeyboardInterrupt
        request.requested = True

    previous = {signum: signal.signal(signum, handle) for signum in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield request
    finally:
        for signum, handler in previous.items():
            signal.signal(signum, handler)
