"""Start the server: `python -m backend`. Settings come from the environment; see backend.settings."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn

from backend.settings import Settings, load_settings, warn_renamed
from trainer.runtime.malloc_tuning import tune_for_serving

if TYPE_CHECKING:
    from backend.http.lifecycle import Lifecycle


class Server(uvicorn.Server):
    """Uvicorn server that prints its address once it listens and drains before it shuts down."""

    def __init__(self, config: uvicorn.Config, lifecycle: Lifecycle, drain_seconds: float) -> None:
        super().__init__(config)
        self._lifecycle, self._drain_seconds = lifecycle, drain_seconds
        self._signalled = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for server in self.servers:
            for listener in server.sockets:
                host, port = listener.getsockname()[:2]
                print(f"SIM Explorer is at http://{f'[{host}]' if ':' in host else host}:{port}", flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._lifecycle.stop_accepting()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """On the first signal /readyz returns 503, so that load balancers stop sending; the server shuts down after
        the drain time or on a second signal.
        """
        self._lifecycle.drain()
        if self._signalled or not self._drain_seconds:
            super().handle_exit(sig, frame)
        else:
            self._signalled = True
            loop = asyncio.get_running_loop()
            loop.call_soon_threadsafe(loop.call_later, self._drain_seconds, super().handle_exit, sig, frame)


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    settings = load_settings()
    tune_for_serving()
    _limit_threads(settings)
    from backend.app import create_app  # imported late because it imports torch
    from backend.http import logs
    from backend.http.websocket import MAX_MESSAGE_BYTES

    logs.configure(settings.log_format)
    warn_renamed()
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        settings.host,
        settings.port,
        log_config=None,  # uvicorn's own configuration would bypass ours
        log_level="warning",
        access_log=False,
        server_header=False,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=settings.grace_seconds,
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,  # on the same machine, compression takes longer than it saves
    )
    with suppress(KeyboardInterrupt):  # raised again by uvicorn after an orderly shutdown
        Server(config, app.state.lifecycle, settings.drain_seconds).run()
    if app.state.engine.worker.job_count:
        os._exit(0)  # otherwise Python would wait for a computation whose result is discarded


def _limit_threads(settings: Settings) -> None:
    """Set the thread count. Must run before torch is imported.

    OpenMP threads that spin while they wait slow everything down on shared cores.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, str(settings.threads))


if __name__ == "__main__":
    main()
