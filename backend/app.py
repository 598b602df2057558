"""The application: page and API in one process."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import metadata, resources
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import RedirectResponse
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from backend import errors
from backend.access import Access, path_within
from backend.bodies import Bodies, keep_uploads_in_memory
from backend.engine import Engine
from backend.lifecycle import Lifecycle
from backend.metrics import Metrics
from backend.middleware import Envelope
from backend.responses import PROBLEM_RESPONSES
from backend.routes import clips, decode, encode, ensembles, figures, health, models, walks
from backend.settings import Settings
from trainer.bundle import DEMO

CHARTS = "plotly.min.js"
DESCRIPTION = "Hear and see what a self-supervised speech encoder has learned."


def create_app(settings: Settings, shipped: Path = DEMO) -> FastAPI:
    """The whole server for `settings` and the `shipped` bundle. Nothing is read or computed before it starts."""
    engine = Engine(settings, shipped)
    bodies = Bodies(settings.upload_bytes, settings.body_bytes, settings.silence_seconds)
    lifecycle, metrics = Lifecycle(engine), Metrics(engine, bodies)
    keep_uploads_in_memory()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with lifecycle.running():
            yield

    app = FastAPI(
        title="SIM Explorer",
        description=DESCRIPTION,
        version=_version(),
        lifespan=lifespan,
        docs_url=None,  # the built-in documentation pages load scripts from elsewhere
        redoc_url=None,
        responses=PROBLEM_RESPONSES,
    )
    app.state.engine, app.state.lifecycle, app.state.metrics = engine, lifecycle, metrics
    errors.install(app)
    token = settings.token.get_secret_value() if settings.token is not None else None
    app.add_middleware(Access, token=token, origins=settings.origins)
    app.add_middleware(Envelope, metrics=metrics, bodies=bodies, settings=settings)
    for routes in (health, models, figures, ensembles, encode, clips, decode, walks):
        app.include_router(routes.router)
    # The page answers what no route does. As the default and not as a mount at "/", which would match everything:
    # a route asked with the wrong method must stay a 405.
    app.router.default = Page(_page())
    return app


class Page(StaticFiles):
    """The page's files. Their addresses are relative, so that a prefix without its slash must lead to the one with."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory, html=True)
        self._charts = StaticFiles(packages=[("plotly", "package_data")])

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """The page brings no chart library: that lies where it is installed, of which the page is given this file."""
        return self._charts.lookup_path(path) if path == CHARTS else super().lookup_path(path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
        elif path_within(scope) == "":
            await RedirectResponse(f"{scope['root_path']}/")(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def _page() -> Path:
    """The folder of the page's files, which lies beside this package."""
    with resources.as_file(resources.files("backend")) as package:
        return package.parent / "frontend"


def _version() -> str:
    try:
        return metadata.version("sim-explorer")
    except metadata.PackageNotFoundError:
        return "0"
