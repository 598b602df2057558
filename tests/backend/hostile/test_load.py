"""A server process under load that cannot write to disk: concurrent hostile uploads, disconnects, a greedy client,
shutdown during work, and a kill.
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
TIMEOUT_SECONDS = 240
MAX_MEMORY = 1.5 * 2**30
NAME = "../../secret-\x1b[31mname.wav"

# A process that cannot write any byte to a file, as on a full disk.
NO_DISK_COMMAND = (
    "import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); "
    "os.execv(sys.executable, [sys.executable, '-B', '-m', 'backend'])"
)

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


class Server:
    """`python -m backend` in its own process, and its log."""

    def __init__(self, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", NO_DISK_COMMAND],
            cwd=ROOT,
            env={**os.environ, "PORT": "0", "LOG_FORMAT": "json", "LOG_REQUESTS": "1", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log: list[str] = []
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[-1])
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while self.get("/readyz")[0] != 200:
            assert time.monotonic() < deadline, (self.get("/readyz"), self.log)
            time.sleep(0.1)

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.log.extend(self.process.stderr)

    def request(
        self, method: str, path: str, body: bytes = b"", kind: str = "application/json", source: str = "127.0.0.1"
    ) -> tuple[int, bytes]:
        """Status and body of the response to a request from the address `source`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, TIMEOUT_SECONDS, source_address=(source, 0))
        try:
            connection.request(method, path, body, {"Content-Type": kind} if body else {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def get(self, path: str) -> tuple[int, bytes]:
        return self.request("GET", path)

    def encode(self, recording: bytes) -> tuple[int, bytes]:
        head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{NAME}"\r\n\r\n'.encode()
        return self.request("POST", "/encode", head + recording + b"\r\n--x--\r\n", "multipart/form-data; boundary=x")

    def decode(self, body: dict[str, Any], source: str = "127.0.0.1") -> tuple[int, bytes]:
        return self.request("POST", "/decode", json.dumps(body).encode(), source=source)

    def jobs(self) -> int:
        """Number of waiting and running jobs."""
        found = re.search(rb"^inference_jobs (\d+)", self.get("/metrics")[1], re.MULTILINE)
        assert found is not None
        return int(found[1])

    def wait_for_jobs(self, at_least: int) -> None:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while self.jobs() < at_least:
            assert time.monotonic() < deadline, (self.get("/readyz"), self.log)
            time.sleep(0.01)

    @property
    def peak_memory(self) -> int:
        """Peak memory in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(TIMEOUT_SECONDS)
        self._reader.join(TIMEOUT_SECONDS)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server(QUEUE_LIMIT="6", GRACE_SECONDS=str(TIMEOUT_SECONDS))
    yield server
    server.kill()


@pytest.fixture(scope="module")
def long() -> bytes:
    """Ten minutes in a third of a megabyte, the length limit: some seconds of work."""
    return hostile.silence(600, 192_000)


@pytest.fixture(scope="module")
def busy() -> bytes:
    """A recording that keeps the server busy for a second or two."""
    return hostile.silence(200, 192_000)


GOOD = hostile.write(hostile.noise(16_000))
DRAW = {"module": 1, "seconds": 1.0, "base": "prior", "seed": 1}


def test_concurrent_hostile_uploads(server: Server, long: bytes) -> None:
    """Nine clients upload at once, including bodies of the largest size, while /livez is polled."""
    before = server.encode(GOOD)
    assert before[0] == 200
    large = hostile.wav(bytes((32 << 20) - 44), channels=8, rate=192_000)
    uploads = [large] * 8 + [long] + [bytes(40 << 20)] * 2 + [b"RIFF" + bytes(31 << 20)] * 4
    uploads += [data for number, (_, data) in enumerate(hostile.small()) if number % 19 == 0]
    done = threading.Event()
    latencies: list[float] = []

    def watch() -> None:
        while not done.is_set():
            latencies.append(livez_seconds(server))
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    started = time.perf_counter()
    watcher.start()
    try:
        with ThreadPoolExecutor(9) as clients:
            answers = list(clients.map(upload_with_retry, [server] * len(uploads), uploads))
    finally:
        took = time.perf_counter() - started
        done.set()
        watcher.join(TIMEOUT_SECONDS)

    assert {status for status, _ in answers} <= {200, 413, 415, 422}
    for status, body in answers:
        assert status == 200 or json.loads(body)["status"] == status
    assert sum(status == 200 for status, _ in answers) > 5
    assert server.encode(GOOD) == before
    assert server.peak_memory < MAX_MEMORY
    assert len(latencies) > 10
    assert max(latencies) < 0.5 * took, "/livez does not wait for computations"


def upload_with_retry(server: Server, recording: bytes) -> tuple[int, bytes]:
    """Upload a recording, and retry while the server is busy."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while (answer := server.encode(recording))[0] == 503:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return answer


def livez_seconds(server: Server) -> float:
    """Seconds until /livez answers."""
    started = time.perf_counter()
    assert server.get("/livez")[0] == 200
    return time.perf_counter() - started


def test_disconnects_cancel_waiting_jobs(server: Server, busy: bytes) -> None:
    with ThreadPoolExecutor(1) as client:
        running = client.submit(server.encode, busy)
        server.wait_for_jobs(1)
        leaving = [http.client.HTTPConnection("127.0.0.1", server.port) for _ in range(4)]
        for connection in leaving:
            connection.request("POST", "/decode", json.dumps(DRAW), {"Content-Type": "application/json"})
        server.wait_for_jobs(5)
        for connection in leaving:
            connection.close()
        while server.jobs() > 1:
            assert not running.done(), "the waiting jobs were computed"
            time.sleep(0.01)
        assert running.result(TIMEOUT_SECONDS)[0] == 200


def test_greedy_client_does_not_starve_others(server: Server, busy: bytes) -> None:
    finished: list[str] = []

    def decode(source: str) -> int:
        status, _ = server.decode({**DRAW, "seconds": 20.0}, source)
        finished.append(source)
        return status

    with ThreadPoolExecutor(9) as clients:
        running = clients.submit(server.encode, busy)
        server.wait_for_jobs(1)
        greedy = [clients.submit(decode, "127.0.0.1") for _ in range(6)]
        server.wait_for_jobs(7)  # the queue is full
        assert server.decode(DRAW, "127.0.0.1")[0] == 503, "the client that filled the queue is refused"
        before = len(finished)
        modest = clients.submit(decode, "127.0.0.2")
        assert modest.result(TIMEOUT_SECONDS) == 200
        statuses = sorted(job.result(TIMEOUT_SECONDS) for job in greedy)
        assert running.result(TIMEOUT_SECONDS)[0] == 200
    assert statuses == [200] * 5 + [503], "one of them was refused to make room"
    assert finished.index("127.0.0.2") - before <= 3, "after the refused one, and at most one served and one running"


def test_stalled_uploads_do_not_block_others(server: Server) -> None:
    stalled = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
    for number, one in enumerate(stalled):
        kind = "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000000"
        one.sendall(f"POST /encode HTTP/1.1\r\nHost: x\r\n{kind}\r\n\r\n".encode()[: 20 * number])
    assert server.encode(GOOD)[0] == 200
    for one in stalled:
        one.close()


def test_log_has_no_file_names_and_no_clip_ids(server: Server) -> None:
    lines = [json.loads(line) for line in server.log if line.startswith("{")]
    assert sum(line["message"].startswith("POST /encode") for line in lines) > 50
    assert all(
        re.fullmatch(r"[0-9a-f]{32}", line["request_id"]) for line in lines if line["logger"].startswith("backend")
    )
    log = "".join(server.log)
    assert "secret" not in log
    assert "Traceback" not in log
    assert "\x1b" not in log


def test_shutdown_finishes_running_jobs_and_refuses_waiting_ones(server: Server, busy: bytes) -> None:
    """Ends the shared server, so it must be the last test that uses it."""
    with ThreadPoolExecutor(4) as clients:
        running = clients.submit(server.encode, busy)
        server.wait_for_jobs(1)
        waiting = [clients.submit(server.decode, DRAW) for _ in range(3)]
        server.wait_for_jobs(4)
        server.process.send_signal(signal.SIGTERM)
        for job in waiting:
            status, body = job.result(TIMEOUT_SECONDS)
            assert (status, json.loads(body)["type"]) == (503, "/problems/not-ready")
            assert not running.done(), "waiting requests are refused immediately"
        with pytest.raises(OSError):  # noqa: PT011 - refused or reset, depending on the system
            server.get("/livez")
        status, body = running.result(TIMEOUT_SECONDS)
        assert (status, json.loads(body)["duration"]) == (200, 200.0)
    assert server.process.wait(TIMEOUT_SECONDS) in (0, -signal.SIGTERM)


def test_restart_after_kill_and_end_of_the_grace_period(long: bytes) -> None:
    first = Server()
    status, body = first.encode(GOOD)
    with ThreadPoolExecutor(1) as client:
        lost = client.submit(first.encode, long)
        first.wait_for_jobs(1)
        first.kill()
        assert isinstance(lost.exception(TIMEOUT_SECONDS), (OSError, http.client.HTTPException))

    second = Server(PORT=str(first.port), GRACE_SECONDS="1")
    with ThreadPoolExecutor(1) as client:
        status, gone = second.decode({"module": 1, "clip": json.loads(body)["clip"]})
        assert (status, json.loads(gone)["type"]) == (404, "/problems/clip-unknown")
        assert second.encode(GOOD) == (200, body), "the same recording gives the same numbers"
        lost = client.submit(second.encode, long)
        second.wait_for_jobs(1)
        second.process.send_signal(signal.SIGTERM)
        assert second.process.wait(TIMEOUT_SECONDS) in (0, -signal.SIGTERM)
        status, ended = lost.result(TIMEOUT_SECONDS)
        assert (status, json.loads(ended)["type"]) == (503, "/problems/not-ready"), (
            "refused at the end of the grace period"
        )
    second.kill()
