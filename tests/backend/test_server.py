"""The process itself, as `make run` starts it."""

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


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_answers_drains_and_ends(server, told: signal.Signals) -> None:
    process, address = server
    wait(address + "/readyz", 200)
    assert "plain" in [model["model"] for model in get(address + "/models")[1]["models"]]

    process.send_signal(told)
    assert "shutting down" in wait(address + "/readyz", 503)["detail"]
    assert get(address + "/livez")[0] == 200
    process.send_signal(told)  # whoever asks twice will not wait
    _, errors = process.communicate(timeout=60)
    assert process.returncode in (0, -told)
    assert "Traceback" not in errors


def test_an_open_connection_takes_messages_of_a_size_and_does_not_keep_it_from_ending(server) -> None:
    process, address = server
    wait(address + "/readyz", 200)
    live = address.replace("http", "ws") + "/decode"
    draw = json.dumps({"module": 1, "seconds": 0.1, "base": "zero"})
    with connect(live) as long, connect(live) as idle, connect(live) as left:
        long.send(draw + " " * MAX_MESSAGE_BYTES)
        with pytest.raises(ConnectionClosed):
            long.recv(timeout=60)
        assert long.close_code == 1009
        idle.send(draw)
        assert json.loads(idle.recv(timeout=60))["status"] == 200
        left.send(draw)
        left.socket.close()
        process.send_signal(signal.SIGTERM)
        wait(address + "/readyz", 503)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    assert process.returncode in (0, -signal.SIGTERM)
    assert "Traceback" not in errors


def test_a_grid_is_given_up_once_nobody_waits_for_it(server) -> None:
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


def test_settings_that_do_not_hold_are_told_in_one_line() -> None:
    process = start(PORT="99999")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "PORT: " in errors
    assert "Traceback" not in errors
