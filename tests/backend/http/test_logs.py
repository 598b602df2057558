from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from backend.http import logs

Configure = Callable[[str], None]


@pytest.fixture
def configure() -> Iterator[Configure]:
    """logs.configure; the previous configuration is restored afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield logs.configure  # type: ignore[misc]
    root.handlers[:] = before
    root.setLevel(level)


def test_control_characters_are_escaped(configure: Configure, capfd: pytest.CaptureFixture[str]) -> None:
    name = "a\nERROR forged line\r\x1b[31m\x9b2J\x07"
    for form in ("text", "json"):
        configure(form)
        logging.getLogger("x").warning("bundle %s is skipped", name)
        output = capfd.readouterr().err
        assert len(output.splitlines()) == 1
        assert not set(output) & set("\x1b\x07\x9b\r")
    assert json.loads(output)["message"] == f"bundle {name} is skipped"


def test_request_log_has_the_route_but_not_the_path(
    configure: Configure, start: Any, clip: str, capfd: pytest.CaptureFixture[str]
) -> None:
    configure("json")
    client: TestClient = start(log_requests=True)
    capfd.readouterr()
    client.get(f"/clips/{clip}/audio", headers={"X-Request-ID": "mine"})
    client.get("/some/private/path?and=query")
    output = "\n".join(line for line in capfd.readouterr().err.splitlines() if '"httpx2"' not in line)
    assert clip not in output
    assert "private" not in output
    lines = [json.loads(line) for line in output.splitlines() if "backend.http.middleware" in line]
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("GET", "/clips/{clip}/audio", 404),
        ("GET", "other", 404),
    ]
    assert lines[0]["request_id"] == "mine"
    assert all(0 < line["seconds"] < 60 for line in lines)
    assert all(line["time"].endswith("+00:00") and line["level"] == "info" for line in lines)


def test_worker_errors_are_logged_with_the_request_id(
    configure: Configure, start: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    configure("json")
    client: TestClient = start()
    engine = client.app.state.engine  # type: ignore[attr-defined]

    def fail() -> None:
        logging.getLogger("worker").error("here")
        raise RuntimeError("a secret\nof two lines")

    engine.open_model = lambda _name: fail()
    capfd.readouterr()
    answer = client.post("/decode", json={"module": 1, "seconds": 1, "base": "zero"}, headers={"X-Request-ID": "r1"})
    assert answer.status_code == 500
    assert "secret" not in answer.text
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    lines = [line for line in lines if line["logger"] != "httpx2"]
    assert [(line["message"], line["request_id"]) for line in lines] == [("here", "r1"), ("request r1 failed", "r1")]
    assert "a secret" in lines[1]["traceback"]
