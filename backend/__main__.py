"""Start the explorer: `python -m backend`. Settings come from the environment; see backend.settings."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn

from backend.settings import Settings, load_settings
from trainer.runtime.malloc_tuning import tune_for_serving

if TYPE_CHECKING:
    from backend.http.lifecycle import Lifecycle


class Server(uvicorn.Server):
    """Says where it is once it is there, and drains before it ends."""

    def __init__(self, config: uvicorn.Config, lifecycle: Lifecycle, drain_seconds: float) -> None:
        super().__init__(config)
        self._lifecycle, self._drain_seconds = lifecycle, drain_seconds
        self._told_to_end = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for server in self.servers:
            for listener in server.sockets:
                host, port = listener.getsockname()[:2]
                print(f"SIM Explorer is at http://{f'[{host}]' if ':' in host else host}:{port}", flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._lifecycle.end()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal makes /readyz say no, so that load balancers look elsewhere; after the drain it ends."""
        self._lifecycle.drain()
        if self._told_to_end or not self._drain_seconds:
            super().handle_exit(sig, frame)
        else:
            self._told_to_end = True
            loop = asyncio.get_running_loop()
            loop.call_soon_threadsafe(loop.call_later, self._drain_seconds, super().handle_exit, sig, frame)


def main() -> None:
    """Serve until told to end."""
    settings = load_settings()
    tune_for_serving()
    _bound_threads(settings)
    from backend.app import create_app  # only now: this imports torch
    from backend.http import logs
    from backend.http.websocket import MAX_MESSAGE_BYTES

    logs.configure(settings.log_format)
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        settings.host,
        settings.port,
        log_config=None,  # its own would write past ours
        log_level="warning",
        access_log=False,
        server_header=False,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=settings.grace_seconds,
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,  # takes longer than what it saves on the way from a machine of one's own
    )
    with suppress(KeyboardInterrupt):  # it has ended in order by then; uvicorn raises the signal once more
        Server(config, app.state.lifecycle, settings.drain_seconds).run()
    if app.state.engine.worker.taken:
        os._exit(0)  # Python would wait for the computation, which nobody does any longer


def _bound_threads(settings: Settings) -> None:
    """Must come before torch is imported. Threads that spin while they wait slow everything where cores are shared."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, str(settings.threads))


if __name__ == "__main__":
    main()
