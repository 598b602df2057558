"""A real server under strain, which may not write a single byte to any file: hostile uploads all at once, clients that
go away, one that asks for too much, an end in the midst of work, and a death.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.backend.hostile import hostile_audio as hostile

ROOT = Path(__file__).parents[3]
PATIENCE_SECONDS = 240
MOST_MEMORY = 1.5 * 2**30
NAME = "../../secret-\x1b[31mname.wav"

# A process that may make no file longer than nothing: as on a full disk, only stricter.
WITHOUT_DISK = (
    "import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); "
    "os.execv(sys.executable, [sys.executable, '-B', '-m', 'backend'])"
)

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


class Server:
    """`python -m backend` in a process of its own, and what it said."""

    def __init__(self, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WITHOUT_DISK],
            cwd=ROOT,
            env={**os.environ, "PORT": "0", "LOG_FORMAT": "json", "LOG_REQUESTS": "1", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said: list[str] = []
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[-1])
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.get("/readyz")[0] != 200:
            assert time.monotonic() < deadline, (self.get("/readyz"), self.said)
            time.sleep(0.1)

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.said.extend(self.process.stderr)

    def ask(
        self, method: str, path: str, body: bytes = b"", kind: str = "application/json", source: str = "127.0.0.1"
    ) -> tuple[int, bytes]:
        """Status and body of the answer to a request that comes from the address `source`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, PATIENCE_SECONDS, source_address=(source, 0))
        try:
            connection.request(method, path, body, {"Content-Type": kind} if body else {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def get(self, path: str) -> tuple[int, bytes]:
        return self.ask("GET", path)

    def encode(self, recording: bytes) -> tuple[int, bytes]:
        head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{NAME}"\r\n\r\n'.encode()
        return self.ask("POST", "/encode", head + recording + b"\r\n--x--\r\n", "multipart/form-data; boundary=x")

    def decode(self, body: dict[str, Any], source: str = "127.0.0.1") -> tuple[int, bytes]:
        return self.ask("POST", "/decode", json.dumps(body).encode(), source=source)

    def jobs(self) -> int:
        """How many computations wait or run."""
        found = re.search(rb"^inference_jobs (\d+)", self.get("/metrics")[1], re.MULTILINE)
        assert found is not None
        return int(found[1])

    def wait_for_jobs(self, at_least: int) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.jobs() < at_least:
            assert time.monotonic() < deadline, (self.get("/readyz"), self.said)
            time.sleep(0.01)

    @property
    def peak(self) -> int:
        """Bytes of memory that it ever took."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024

    def end(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server(QUEUE_LIMIT="6", GRACE_SECONDS=str(PATIENCE_SECONDS))
    yield server
    server.end()


@pytest.fixture(scope="module")
def long() -> bytes:
    """Ten minutes in a third of a megabyte: some seconds of work, and the most that is taken."""
    return hostile.silence(600, 192_000)


@pytest.fixture(scope="module")
def busy() -> bytes:
    """What keeps the server busy for a second or two."""
    return hostile.silence(200, 192_000)


GOOD = hostile.write(hostile.noise(16_000))
DRAW = {"module": 1, "seconds": 1.0, "base": "prior", "seed": 1}


def test_hostile_uploads_all_at_once(server: Server, long: bytes) -> None:
    """They come from nine clients at once, the largest bodies among them, while somebody looks whether it lives."""
    before = server.encode(GOOD)
    assert before[0] == 200
    large = hostile.wav(bytes((32 << 20) - 44), channels=8, rate=192_000)
    uploads = [large] * 8 + [long] + [bytes(40 << 20)] * 2 + [b"RIFF" + bytes(31 << 20)] * 4
    uploads += [data for number, (_, data) in enumerate(hostile.small()) if number % 19 == 0]
    done = threading.Event()
    beats: list[float] = []

    def watch() -> None:
        while not done.is_set():
            beats.append(beat(server))
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    started = time.perf_counter()
    watcher.start()
    try:
        with ThreadPoolExecutor(9) as clients:
            answers = list(clients.map(insist, [server] * len(uploads), uploads))
    finally:
        took = time.perf_counter() - started
        done.set()
        watcher.join(PATIENCE_SECONDS)

    assert {status for status, _ in answers} <= {200, 413, 415, 422}
    for status, body in answers:
        assert status == 200 or json.loads(body)["status"] == status
    assert sum(status == 200 for status, _ in answers) > 5
    assert server.encode(GOOD) == before
    assert server.peak < MOST_MEMORY
    assert len(beats) > 10
    assert max(beats) < 0.5 * took, "whoever asks whether it lives waits for no computation"


def insist(server: Server, recording: bytes) -> tuple[int, bytes]:
    """Upload a recording until there is room for it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (answer := server.encode(recording))[0] == 503:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return answer


def beat(server: Server) -> float:
    """Seconds until /livez answers."""
    started = time.perf_counter()
    assert server.get("/livez")[0] == 200
    return time.perf_counter() - started


def test_clients_that_go_away_stop_costing(server: Server, busy: bytes) -> None:
    with ThreadPoolExecutor(1) as client:
        runs = client.submit(server.encode, busy)
        server.wait_for_jobs(1)
        leaving = [http.client.HTTPConnection("127.0.0.1", server.port) for _ in range(4)]
        for connection in leaving:
            connection.request("POST", "/decode", json.dumps(DRAW), {"Content-Type": "application/json"})
        server.wait_for_jobs(5)
        for connection in leaving:
            connection.close()
        while server.jobs() > 1:
            assert not runs.done(), "they were computed, one after another"
            time.sleep(0.01)
        assert runs.result(PATIENCE_SECONDS)[0] == 200


def test_a_client_that_asks_for_too_much_starves_no_other(server: Server, busy: bytes) -> None:
    finished: list[str] = []

    def ask(source: str) -> int:
        status, _ = server.decode({**DRAW, "seconds": 20.0}, source)
        finished.append(source)
        return status

    with ThreadPoolExecutor(9) as clients:
        runs = clients.submit(server.encode, busy)
        server.wait_for_jobs(1)
        greedy = [clients.submit(ask, "127.0.0.1") for _ in range(6)]
        server.wait_for_jobs(7)  # the queue is full
        assert server.decode(DRAW, "127.0.0.1")[0] == 503, "the one who filled it is refused at once"
        before = len(finished)
        modest = clients.submit(ask, "127.0.0.2")
        assert modest.result(PATIENCE_SECONDS) == 200
        statuses = sorted(job.result(PATIENCE_SECONDS) for job in greedy)
        assert runs.result(PATIENCE_SECONDS)[0] == 200
    assert statuses == [200] * 5 + [503], "one of them has made room"
    assert finished.index("127.0.0.2") - before <= 3, (
        "after the one refused, and perhaps one that was served and one that ran"
    )


def test_silent_senders_hold_nothing_up(server: Server) -> None:
    silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
    for number, one in enumerate(silent):
        kind = "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000000"
        one.sendall(f"POST /encode HTTP/1.1\r\nHost: x\r\n{kind}\r\n\r\n".encode()[: 20 * number])
    assert server.encode(GOOD)[0] == 200
    for one in silent:
        one.close()


def test_the_log_tells_of_no_file_and_no_clip(server: Server) -> None:
    lines = [json.loads(line) for line in server.said if line.startswith("{")]
    assert sum(line["message"].startswith("POST /encode") for line in lines) > 50
    assert all(
        re.fullmatch(r"[0-9a-f]{32}", line["request_id"]) for line in lines if line["logger"].startswith("backend")
    )
    said = "".join(server.said)
    assert "secret" not in said
    assert "Traceback" not in said
    assert "\x1b" not in said


def test_told_to_end_it_finishes_what_runs_and_refuses_the_rest(server: Server, busy: bytes) -> None:
    """Runs last on this server, but for the next."""
    with ThreadPoolExecutor(4) as clients:
        runs = clients.submit(server.encode, busy)
        server.wait_for_jobs(1)
        waits = [clients.submit(server.decode, DRAW) for _ in range(3)]
        server.wait_for_jobs(4)
        server.process.send_signal(signal.SIGTERM)
        for job in waits:
            status, body = job.result(PATIENCE_SECONDS)
            assert (status, json.loads(body)["type"]) == (503, "/problems/not-ready")
            assert not runs.done(), "what waits is told at once"
        with pytest.raises(OSError):  # noqa: PT011 - refused or reset, as the system has it
            server.get("/livez")
        status, body = runs.result(PATIENCE_SECONDS)
        assert (status, json.loads(body)["duration"]) == (200, 200.0)
    assert server.process.wait(PATIENCE_SECONDS) in (0, -signal.SIGTERM)


def test_a_killed_server_starts_again_where_it_was_and_grace_comes_to_an_end(long: bytes) -> None:
    first = Server()
    status, body = first.encode(GOOD)
    with ThreadPoolExecutor(1) as client:
        lost = client.submit(first.encode, long)
        first.wait_for_jobs(1)
        first.end()
        assert isinstance(lost.exception(PATIENCE_SECONDS), (OSError, http.client.HTTPException))

    second = Server(PORT=str(first.port), GRACE_SECONDS="1")
    with ThreadPoolExecutor(1) as client:
        status, gone = second.decode({"module": 1, "clip": json.loads(body)["clip"]})
        assert (status, json.loads(gone)["type"]) == (404, "/problems/clip-unknown")
        assert second.encode(GOOD) == (200, body), "the same recording, the same numbers"
        lost = client.submit(second.encode, long)
        second.wait_for_jobs(1)
        second.process.send_signal(signal.SIGTERM)
        assert second.process.wait(PATIENCE_SECONDS) in (0, -signal.SIGTERM)
        status, ended = lost.result(PATIENCE_SECONDS)
        assert (status, json.loads(ended)["type"]) == (503, "/problems/not-ready"), "nobody waits any longer"
    second.end()
