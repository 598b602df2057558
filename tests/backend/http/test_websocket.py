"""Requests as WebSocket messages: same responses as POST, one at a time, authenticated at connection."""

from __future__ import annotations

import base64
import json
import threading
import time
from typing import Any

import pytest
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from backend.inference.worker import JobOwner

DRAW = {"module": 1, "seconds": 0.1, "base": "prior", "seed": 3}
TOKEN = "a-secret-of-some-length"


def exchange(socket: WebSocketTestSession, request: Any) -> dict[str, Any]:
    socket.send_text(request if isinstance(request, str) else json.dumps(request))
    answer: dict[str, Any] = json.loads(socket.receive_text())
    assert answer.keys() == {"status", "headers", "body"}
    if answer["status"] == 200:
        answer["body"]["audio"] = base64.b64encode(socket.receive_bytes()).decode()
    return answer


def test_message_and_post_give_the_same_response(client: TestClient, clip: str) -> None:
    edited: dict[str, Any] = {"module": 2, "clip": clip, "edits": [{"dim": 1, "op": "set", "value": 2.0}]}
    long = {**edited, "edits": edited["edits"] * 600}
    assert len(json.dumps(long)) > 20_000
    requests = (DRAW, edited, long, {**DRAW, "module": 9}, {"clip": "gone", "module": 1}, {"module": 1}, "no JSON", "")
    with client.websocket_connect("/decode") as socket:
        for request in requests:
            text = request if isinstance(request, str) else json.dumps(request)
            posted = client.post("/decode", content=text, headers={"Content-Type": "application/json"})
            answer = exchange(socket, request)
            assert answer["status"] == posted.status_code
            if posted.status_code == 200:
                assert answer["body"] == posted.json()
            else:
                problem = posted.json()
                assert answer["body"].pop("request_id") != problem.pop("request_id")
                assert answer["body"] == problem


def test_each_message_has_its_own_request_id_and_is_counted(client: TestClient) -> None:
    def count() -> float:
        counts = [line for line in client.get("/metrics").text.splitlines() if line.startswith("http_requests_total")]
        return sum(float(line.split()[-1]) for line in counts if 'method="POST",route="/decode"' in line)

    before = count()
    with client.websocket_connect("/decode", headers={"X-Request-ID": "given"}) as socket:
        request_ids = {exchange(socket, DRAW)["headers"]["x-request-id"] for _ in range(3)}
    assert len(request_ids) == 3
    assert "given" not in request_ids
    assert count() == before + 3


def test_second_message_before_the_answer_closes_the_connection(client: TestClient) -> None:
    release = threading.Event()
    worker = client.app.state.engine.worker  # type: ignore[attr-defined]
    worker.submit(JobOwner(), lambda: release.wait(60))
    with client.websocket_connect("/decode") as socket:
        socket.send_text(json.dumps(DRAW))
        socket.send_text(json.dumps(DRAW))
        with pytest.raises(WebSocketDisconnect) as caught:
            socket.receive_text()
    release.set()
    assert caught.value.code == 1008
    assert "Wait for the response" in caught.value.reason


def test_disconnect_cancels_a_waiting_job(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    closed = 'method="POST",route="/decode",status="499"'
    release = threading.Event()
    worker = client.app.state.engine.worker  # type: ignore[attr-defined]
    blocking = worker.submit(JobOwner(), lambda: release.wait(60))
    with client.websocket_connect("/decode") as socket:
        socket.send_text(json.dumps(DRAW))
        wait(lambda: worker.job_count == 2)
    wait(lambda: worker.job_count == 1)
    release.set()
    blocking.result(60)
    wait(lambda: closed in client.get("/metrics").text)
    assert not caplog.records, "a disconnect is no error"


def test_full_queue_answers_503_with_retry_after(start: Any) -> None:
    client, release = start(queue_limit=0), threading.Event()
    worker = client.app.state.engine.worker
    worker.submit(JobOwner(), lambda: release.wait(60))
    with client.websocket_connect("/decode") as socket:
        answer = exchange(socket, DRAW)
        assert (answer["status"], answer["headers"]["retry-after"]) == (503, "1")
        release.set()
        wait(lambda: worker.job_count == 0)
        assert exchange(socket, DRAW)["status"] == 200, "the connection stays open"


def test_connection_requires_the_token(start: Any) -> None:
    client = start(auth_token=TOKEN)
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        with pytest.raises(WebSocketDisconnect), client.websocket_connect("/decode", headers=headers):
            pass
    with client.websocket_connect("/decode", headers={"Authorization": f"Bearer {TOKEN}"}) as socket:
        assert exchange(socket, DRAW)["status"] == 200


def test_other_origins_get_no_connection(start: Any) -> None:
    client = start(origins=("https://lab.example",))
    own = str(client.base_url)
    for origin in ("https://elsewhere.example", "null", f"{own}.elsewhere.example", f"{own}:81"):
        with pytest.raises(WebSocketDisconnect), client.websocket_connect("/decode", headers={"Origin": origin}):
            pass
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/decode", headers={"Origin": own, "Sec-Fetch-Site": "same-site"}),
    ):
        pass
    for origin in (own, "https://lab.example"):
        with client.websocket_connect("/decode", headers={"Origin": origin}) as socket:
            assert exchange(socket, DRAW)["status"] == 200


def test_only_decode_accepts_connections_with_and_without_prefix(start: Any) -> None:
    client = start(prefix="/explorer")
    for path in ("/", "/encode", "/explorer", "/decode/more"):
        with pytest.raises(WebSocketDisconnect), client.websocket_connect(path):
            pass
    with client.websocket_connect("/explorer/decode") as socket:
        assert exchange(socket, DRAW)["status"] == 200


def wait(condition: Any) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
