"""The backend in a separate process on a free port, and the requests of the benchmarks."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Service:
    """A running backend: its port and process id, and a connection to it."""

    connection: http.client.HTTPConnection
    port: int
    pid: int


@contextlib.contextmanager
def service() -> Iterator[Service]:
    """A backend that runs for the duration of the `with` block."""
    environment = {**os.environ, "HOST": "127.0.0.1", "PORT": "0", "MODELS": ""}
    with subprocess.Popen(
        [sys.executable, "-m", "backend"], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline().rsplit(":", 1)[1])
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            while get_status(connection, "/readyz") != 200:
                pass
            yield Service(connection, port, process.pid)
            connection.close()
        finally:
            process.terminate()


def get_status(connection: http.client.HTTPConnection, path: str) -> int:
    """The status of GET `path`."""
    connection.request("GET", path)
    response = connection.getresponse()
    response.read()
    return response.status


def post(connection: http.client.HTTPConnection, path: str, body: bytes, kind: str) -> bytes:
    """The body of the response to POST `path`. Raises RuntimeError if the status is not 200."""
    connection.request("POST", path, body, {"Content-Type": kind})
    response = connection.getresponse()
    answer = response.read()
    if response.status != 200:
        raise RuntimeError(f"{path} answered {response.status}: {answer[:200]!r}")
    return answer


def encode(connection: http.client.HTTPConnection, wav: bytes) -> str:
    """Upload `wav` and return the id of the clip."""
    boundary = "clip-boundary"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    body = head.encode() + wav + f"\r\n--{boundary}--\r\n".encode()
    answer = json.loads(post(connection, "/encode", body, f"multipart/form-data; boundary={boundary}"))
    return str(answer["clip"])
