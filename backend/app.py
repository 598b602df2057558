"""The application: page and API in one process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import metadata
from pathlib import Path

from fastapi import FastAPI

from backend import errors
from backend.http.auth import Access
from backend.http.body_limits import Bodies, keep_uploads_in_memory
from backend.http.lifecycle import Lifecycle
from backend.http.metrics import Metrics
from backend.http.middleware import Envelope
from backend.http.responses import PROBLEM_RESPONSES
from backend.http.static import Page
from backend.inference.engine import Engine
from backend.routes import clips, decode, encode, ensembles, figures, health, models, traversal
from backend.settings import Settings
from trainer.bundle import DEMO

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
    # Looked through in this order, and nothing is asked for as often as a sound.
    for routes in (decode, health, models, figures, ensembles, encode, clips, traversal):
        app.include_router(routes.router)
    # The page answers what no route does. As the default and not as a mount at "/", which would match everything:
    # a route asked with the wrong method must stay a 405.
    app.router.default = Page()
    return app


def _version() -> str:
    try:
        return metadata.version("sim-explorer")
    except metadata.PackageNotFoundError:
        return "0"
