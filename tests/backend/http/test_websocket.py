"""Requests over a WebSocket: the same answers as to a POST, one after another, for those whom the server knows."""

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


def exchange(live: WebSocketTestSession, request: Any) -> dict[str, Any]:
    live.send_text(request if isinstance(request, str) else json.dumps(request))
    answer: dict[str, Any] = json.loads(live.receive_text())
    assert answer.keys() == {"status", "headers", "body"}
    if answer["status"] == 200:
        answer["body"]["audio"] = base64.b64encode(live.receive_bytes()).decode()
    return answer


def test_a_message_is_answered_as_if_it_were_posted(client: TestClient, clip: str) -> None:
    edited: dict[str, Any] = {"module": 2, "clip": clip, "edits": [{"dim": 1, "op": "set", "value": 2.0}]}
    long = {**edited, "edits": edited["edits"] * 600}
    assert len(json.dumps(long)) > 20_000, "is read in another way"
    requests = (DRAW, edited, long, {**DRAW, "module": 9}, {"clip": "gone", "module": 1}, {"module": 1}, "no JSON", "")
    with client.websocket_connect("/decode") as live:
        for request in requests:
            text = request if isinstance(request, str) else json.dumps(request)
            posted = client.post("/decode", content=text, headers={"Content-Type": "application/json"})
            answer = exchange(live, request)
            assert answer["status"] == posted.status_code
            if posted.status_code == 200:
                assert answer["body"] == posted.json()
            else:
                problem = posted.json()
                assert answer["body"].pop("request_id") != problem.pop("request_id")
                assert answer["body"] == problem


def test_every_message_is_a_request_of_its_own_in_the_count(client: TestClient) -> None:
    def counted() -> float:
        counts = [line for line in client.get("/metrics").text.splitlines() if line.startswith("http_requests_total")]
        return sum(float(line.split()[-1]) for line in counts if 'method="POST",route="/decode"' in line)

    before = counted()
    with client.websocket_connect("/decode", headers={"X-Request-ID": "given"}) as live:
        names = {exchange(live, DRAW)["headers"]["x-request-id"] for _ in range(3)}
    assert len(names) == 3
    assert "given" not in names
    assert counted() == before + 3


def test_who_does_not_wait_for_an_answer_is_told_to(client: TestClient) -> None:
    hold = threading.Event()
    worker = client.app.state.engine.worker  # type: ignore[attr-defined]
    worker.submit(JobOwner(), lambda: hold.wait(60))
    with client.websocket_connect("/decode") as live:
        live.send_text(json.dumps(DRAW))
        live.send_text(json.dumps(DRAW))
        with pytest.raises(WebSocketDisconnect) as caught:
            live.receive_text()
    hold.set()
    assert caught.value.code == 1008
    assert "Wait for the response" in caught.value.reason


def test_what_nobody_waits_for_any_more_is_not_computed(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    gone = 'method="POST",route="/decode",status="499"'
    hold = threading.Event()
    worker = client.app.state.engine.worker  # type: ignore[attr-defined]
    held = worker.submit(JobOwner(), lambda: hold.wait(60))
    with client.websocket_connect("/decode") as live:
        live.send_text(json.dumps(DRAW))
        wait(lambda: worker.job_count == 2)
    wait(lambda: worker.job_count == 1)
    hold.set()
    held.result(60)
    wait(lambda: gone in client.get("/metrics").text)
    assert not caplog.records, "it is nobody's fault"


def test_a_busy_server_says_when_to_come_again(start: Any) -> None:
    client, hold = start(queue_limit=0), threading.Event()
    worker = client.app.state.engine.worker
    worker.submit(JobOwner(), lambda: hold.wait(60))
    with client.websocket_connect("/decode") as live:
        answer = exchange(live, DRAW)
        assert (answer["status"], answer["headers"]["retry-after"]) == (503, "1")
        hold.set()
        wait(lambda: worker.job_count == 0)
        assert exchange(live, DRAW)["status"] == 200, "the connection is not lost with it"


def test_a_token_is_asked_for_before_anything_is_heard(start: Any) -> None:
    client = start(auth_token=TOKEN)
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        with pytest.raises(WebSocketDisconnect), client.websocket_connect("/decode", headers=headers):
            pass
    with client.websocket_connect("/decode", headers={"Authorization": f"Bearer {TOKEN}"}) as live:
        assert exchange(live, DRAW)["status"] == 200


def test_pages_of_other_sites_get_none(start: Any) -> None:
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
        with client.websocket_connect("/decode", headers={"Origin": origin}) as live:
            assert exchange(live, DRAW)["status"] == 200


def test_no_other_address_has_one_and_a_prefix_leads_to_it(start: Any) -> None:
    client = start(prefix="/explorer")
    for path in ("/", "/encode", "/explorer", "/decode/more"):
        with pytest.raises(WebSocketDisconnect), client.websocket_connect(path):
            pass
    with client.websocket_connect("/explorer/decode") as live:
        assert exchange(live, DRAW)["status"] == 200


def wait(for_what: Any) -> None:
    deadline = time.monotonic() + 60
    while not for_what():
        assert time.monotonic() < deadline
        time.sleep(0.005)
