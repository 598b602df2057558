"""Tests a running server against /openapi.json with all checks of schemathesis."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import uvicorn

from backend.app import create_app
from backend.settings import Settings
from tests.backend.hostile import hostile_audio as hostile

TIMEOUT_SECONDS = 300

# The schema allows some requests that a model or clip does not, such as a dimension or time out of range.
RULES = """
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "404", "415", "422", "503"]
[parameters]
"path.model" = "tiny"
"path.id" = "vowel-1"
"path.clip" = "{clip}"
"""


@pytest.fixture(scope="module")
def address(tiny: Path) -> Iterator[str]:
    """Address of a server in a thread."""
    server = uvicorn.Server(uvicorn.Config(create_app(Settings(port=0), tiny), port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + TIMEOUT_SECONDS
    try:
        while not server.started:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(TIMEOUT_SECONDS)


def test_responses_match_the_openapi_schema(address: str, tmp_path: Path) -> None:
    recording = {"file": ("a.wav", hostile.write(hostile.noise(16_000)))}
    clip = httpx2.post(f"{address}/encode", files=recording).raise_for_status().json()["clip"]
    (tmp_path / "rules.toml").write_text(RULES.format(clip=clip))
    schemathesis = Path(sys.executable).with_name("schemathesis")
    options = ["--checks", "all", "--max-examples", "15", "--seed", "1", "--no-color"]
    run = subprocess.run(
        [schemathesis, "--config-file", "rules.toml", "run", f"{address}/openapi.json", *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    paths = httpx2.get(f"{address}/openapi.json").json()["paths"]
    total = sum(len(methods) for methods in paths.values())
    assert f"{total} selected / {total} total" in run.stdout
    for phase in ("Coverage", "Fuzzing", "Stateful"):
        assert f"✅  {phase}" in run.stdout, run.stdout
