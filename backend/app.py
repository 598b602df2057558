"""The application: page and API in one process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import metadata, resources
from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from backend import errors
from backend.engine import Engine
from backend.lifecycle import Lifecycle
from backend.metrics import Metrics
from backend.middleware import Envelope
from backend.responses import PROBLEM_RESPONSES
from backend.routes import clips, decode, encode, health, models, walks
from backend.settings import Settings
from trainer.bundle import DEMO

DESCRIPTION = "Hear and see what a self-supervised speech encoder has learned."


def create_app(settings: Settings, shipped: Path = DEMO) -> FastAPI:
    """The whole server for `settings` and the `shipped` bundle. Nothing is read or computed before it starts."""
    engine = Engine(settings, shipped)
    lifecycle, metrics = Lifecycle(engine), Metrics(engine)

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
    app.add_middleware(Envelope, metrics=metrics, upload_bytes=settings.upload_bytes)
    for routes in (health, models, encode, clips, decode, walks):
        app.include_router(routes.router)
    # The page answers what no route does. As the default and not as a mount at "/", which would match everything:
    # a route asked with the wrong method must stay a 405.
    app.router.default = StaticFiles(directory=_page(), html=True)
    return app


def _page() -> Path:
    """The folder of the page's files, which lies beside this package."""
    with resources.as_file(resources.files("backend")) as package:
        return package.parent / "frontend"


def _version() -> str:
    try:
        return metadata.version("sim-explorer")
    except metadata.PackageNotFoundError:
        return "0"
