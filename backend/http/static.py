"""Static files: the page, and the chart library from its installed package."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from importlib import resources
from mimetypes import guess_type
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Receive, Scope, Send

from backend.http.auth import path_without_prefix

CHARTS = "plotly.min.js"


class CachedStaticFiles(StaticFiles):
    """Serves files from memory and reloads those that changed on disk.

    The page has more than a hundred modules. Opening and reading each in a thread would take as long as the rest of
    loading the page. The page's URLs are relative, so a prefix without a trailing slash is redirected.
    """

    def __init__(self) -> None:
        super().__init__(directory=_page_folder(), html=True)
        self._charts = StaticFiles(packages=[("plotly", "package_data")])
        self._paths: dict[str, str] = {}  # URL path to file
        self._cache: dict[str, tuple[str, bytes]] = {}  # file to ETag and content

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """File for a URL path. The chart library is the only file of its package that is served."""
        file, found = self._charts.lookup_path(path) if path == CHARTS else super().lookup_path(path)
        if found is not None and stat.S_ISREG(found.st_mode):
            self._paths[path] = file
        return file, found

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Serves a known file without a thread."""
        if path in self._paths and scope["method"] in ("GET", "HEAD"):
            with suppress(FileNotFoundError):
                file = self._paths[path]
                return self.file_response(file, Path(file).stat(), scope)
        return await super().get_response(path, scope)

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """The file, or 304 if the client's copy is current."""
        file, tag = str(full_path), f'"{stat_result.st_mtime_ns:x}-{stat_result.st_size:x}"'
        cached_tag, content = self._cache.get(file, ("", b""))
        if cached_tag != tag:
            content = Path(file).read_bytes()
            self._cache[file] = (tag, content)
        response = Response(content, status_code, {"ETag": tag}, guess_type(file)[0])
        if self.is_not_modified(response.headers, Headers(scope=scope)):
            return NotModifiedResponse(response.headers)
        return response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and path_without_prefix(scope) == "":
            await RedirectResponse(f"{scope['root_path']}/")(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def _page_folder() -> Path:
    with resources.as_file(resources.files("backend")) as package:
        return package.parent / "frontend"
