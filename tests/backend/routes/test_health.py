from __future__ import annotations

import shutil
import time
from pathlib import Path

from starlette.testclient import TestClient

from backend.app import create_app
from backend.settings import Settings


def test_livez(client: TestClient) -> None:
    answer = client.get("/livez")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_ready_once_a_model_appears(tmp_path: Path, tiny: Path, check_problem) -> None:
    with TestClient(create_app(Settings(models=(tmp_path / "mine",)), tmp_path / "nothing-shipped")) as client:
        while "warmed up" in client.get("/readyz").text:
            time.sleep(0.01)
        problem = check_problem(client.get("/readyz"), 503, kind="not-ready")
        assert "MODELS" in problem["detail"]
        assert client.get("/livez").status_code == 200
        assert client.get("/models").json() == {"models": []}
        check_problem(client.post("/decode", json={"module": 1, "seconds": 1, "base": "zero"}), 503, kind="not-ready")

        shutil.copytree(tiny, tmp_path / "mine" / "tiny")
        deadline = time.monotonic() + 60
        while client.get("/readyz").status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert [model["model"] for model in client.get("/models").json()["models"]] == ["tiny"]


def test_draining_server_is_not_ready_but_answers(start, check_problem) -> None:
    client = start()
    client.app.state.lifecycle.drain()
    check_problem(client.get("/readyz"), 503, kind="not-ready")
    assert client.get("/livez").status_code == 200
    assert client.post("/decode", json={"module": 1, "seconds": 1, "base": "zero"}).status_code == 200


def test_metrics_are_labelled_by_route_not_by_path(client: TestClient, clip: str) -> None:
    client.get("/models/tiny")
    client.get("/some/private/file")
    text = client.get("/metrics").text
    assert 'http_requests_total{method="GET",route="/models/{model}",status="200"}' in text
    assert 'http_request_seconds_bucket{le="0.015",route="/encode"}' in text
    assert "private" not in text
    assert "inference_jobs 0.0" in text
    clip_bytes = next(line for line in text.splitlines() if line.startswith("clip_bytes "))
    assert float(clip_bytes.split()[1]) >= 16_000 * 4
