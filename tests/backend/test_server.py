"""The server process, as `make run` starts it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from backend.http.websocket import MAX_MESSAGE_BYTES

ROOT = Path(__file__).parents[2]


def start(**environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "backend"],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def get(url: str) -> tuple[int, dict]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def wait(url: str, status: int, seconds: float = 60) -> dict:
    deadline = time.monotonic() + seconds
    while True:
        got, body = get(url)
        if got == status:
            return body
        assert time.monotonic() < deadline, body
        time.sleep(0.05)


@pytest.fixture
def server(plain: Path):
    process = start(PORT="0", MODELS=str(plain), DRAIN_SECONDS="60")
    try:
        address = process.stdout.readline().split()[-1]
        assert address.startswith("http://127.0.0.1:"), address
        yield process, address
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_server_starts_answers_drains_and_ends(server, signal_number: signal.Signals) -> None:
    process, address = server
    wait(address + "/readyz", 200)
    assert "plain" in [model["model"] for model in get(address + "/models")[1]["models"]]

    process.send_signal(signal_number)
    assert "shutting down" in wait(address + "/readyz", 503)["detail"]
    assert get(address + "/livez")[0] == 200
    process.send_signal(signal_number)  # a second signal skips the drain time
    _, errors = process.communicate(timeout=60)
    assert process.returncode in (0, -signal_number)
    assert "Traceback" not in errors


def test_messages_are_limited_and_open_connections_do_not_block_shutdown(server) -> None:
    process, address = server
    wait(address + "/readyz", 200)
    url = address.replace("http", "ws") + "/decode"
    draw = json.dumps({"module": 1, "seconds": 0.1, "base": "zero"})
    with connect(url) as large, connect(url) as idle, connect(url) as gone:
        large.send(draw + " " * MAX_MESSAGE_BYTES)
        with pytest.raises(ConnectionClosed):
            large.recv(timeout=60)
        assert large.close_code == 1009
        idle.send(draw)
        assert json.loads(idle.recv(timeout=60))["status"] == 200
        gone.send(draw)
        gone.socket.close()
        process.send_signal(signal.SIGTERM)
        wait(address + "/readyz", 503)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    assert process.returncode in (0, -signal.SIGTERM)
    assert "Traceback" not in errors


def test_disconnect_stops_a_traversal(server) -> None:
    _, address = server
    wait(address + "/readyz", 200)
    connection = http.client.HTTPConnection(address.removeprefix("http://"))
    grid = {"module": 3, "seconds": 4.5, "base": "prior", "dim": 0, "values": [0] * 64}
    connection.request("POST", "/traverse", json.dumps(grid), {"Content-Type": "application/json"})
    deadline = time.monotonic() + 60
    while "inference_jobs 1.0" not in metrics(address):
        assert time.monotonic() < deadline
    connection.close()
    while 'http_requests_total{method="POST",route="/traverse",status="499"} 1.0' not in metrics(address):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "inference_jobs 0.0" in metrics(address)


def metrics(address: str) -> str:
    with urllib.request.urlopen(address + "/metrics", timeout=10) as answer:
        text: str = answer.read().decode()
        return text


def test_deprecated_setting_is_logged_at_start(plain: Path) -> None:
    process = start(PORT="0", MODELS=str(plain), QUEUE="5")
    try:
        assert process.stdout.readline().startswith("SIM Explorer is at ")
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    assert errors.count("deprecated settings") == 1
    assert "QUEUE (now QUEUE_LIMIT)" in errors


def test_invalid_settings_are_printed_without_a_traceback() -> None:
    process = start(PORT="99999")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "PORT: " in errors
    assert "Traceback" not in errors
