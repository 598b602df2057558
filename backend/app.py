"""The application: page and API in one process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

from backend import errors
from backend.http.auth import AuthMiddleware
from backend.http.body_limits import BodyLimiter, keep_uploads_in_memory
from backend.http.lifecycle import Lifecycle
from backend.http.metrics import Metrics
from backend.http.middleware import RequestMiddleware, RequestRecorder
from backend.http.responses import PROBLEM_RESPONSES
from backend.http.static import CachedStaticFiles
from backend.inference.engine import Engine
from backend.routes import clips, decode, encode, ensembles, figures, health, models, traversal
from backend.settings import Settings
from trainer.bundle import DEMO
from trainer.runtime import distribution

DESCRIPTION = "Edit a speech encoder's latent dimensions and hear the result."


def create_app(settings: Settings, shipped: Path = DEMO) -> FastAPI:
    """Application with `settings` and the `shipped` bundle. Models are read only after the start."""
    engine = Engine(settings, shipped)
    limiter = BodyLimiter(settings.upload_bytes, settings.body_bytes, settings.read_timeout_seconds)
    lifecycle, metrics = Lifecycle(engine), Metrics(engine, limiter)
    recorder = RequestRecorder(metrics, settings.log_requests)
    keep_uploads_in_memory()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with lifecycle.running():
            yield

    app = FastAPI(
        title="SIM Explorer",
        description=DESCRIPTION,
        version=distribution.version() or "0",
        lifespan=lifespan,
        docs_url=None,  # the built-in documentation pages load scripts from other sites
        redoc_url=None,
        responses=PROBLEM_RESPONSES,
    )
    app.state.engine, app.state.lifecycle, app.state.metrics = engine, lifecycle, metrics
    app.state.recorder, app.state.body_limiter = recorder, limiter
    errors.add_exception_handlers(app)
    token = settings.auth_token.get_secret_value() if settings.auth_token is not None else None
    app.add_middleware(AuthMiddleware, token=token, origins=settings.origins)
    app.add_middleware(RequestMiddleware, recorder=recorder, limiter=limiter, prefix=settings.prefix)
    # Routes are matched in this order; /decode is the most frequent one.
    for routes in (decode, health, models, figures, ensembles, encode, clips, traversal):
        app.include_router(routes.router)
    # Static files are the default and not a mount at "/": a mount would match everything, and a route requested with
    # the wrong method must be answered 405.
    app.router.default = CachedStaticFiles()
    return app
