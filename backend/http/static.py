"""The page's files, as they lie beside this package, and the chart library from where it is installed."""

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

from backend.http.auth import path_within

CHARTS = "plotly.min.js"


class Page(StaticFiles):
    """Serves them from memory, and reads anew what has changed on the disk. A page is more than a hundred modules: each
    handed to a thread to be opened and to another to be read, they would take as long as all the rest of its opening.

    Their addresses are relative, so that a prefix without its slash must lead to the one with.
    """

    def __init__(self) -> None:
        super().__init__(directory=_folder(), html=True)
        self._charts = StaticFiles(packages=[("plotly", "package_data")])
        self._places: dict[str, str] = {}
        self._held: dict[str, tuple[str, bytes]] = {}  # by place: the ETag, and what it is of

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """The page brings no chart library: of where that is installed, the page is given this file."""
        place, found = self._charts.lookup_path(path) if path == CHARTS else super().lookup_path(path)
        if found is not None and stat.S_ISREG(found.st_mode):
            self._places[path] = place
        return place, found

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Of a file that was found before, without a thread."""
        if path in self._places and scope["method"] in ("GET", "HEAD"):
            with suppress(FileNotFoundError):
                place = self._places[path]
                return self.file_response(place, Path(place).stat(), scope)
        return await super().get_response(path, scope)

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """The file, or that it has not changed since the client asked last."""
        place, tag = str(full_path), f'"{stat_result.st_mtime_ns:x}-{stat_result.st_size:x}"'
        known, content = self._held.get(place, ("", b""))
        if known != tag:
            content = Path(place).read_bytes()
            self._held[place] = (tag, content)
        response = Response(content, status_code, {"ETag": tag}, guess_type(place)[0])
        if self.is_not_modified(response.headers, Headers(scope=scope)):
            return NotModifiedResponse(response.headers)
        return response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and path_within(scope) == "":
            await RedirectResponse(f"{scope['root_path']}/")(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def _folder() -> Path:
    with resources.as_file(resources.files("backend")) as package:
        return package.parent / "frontend"
