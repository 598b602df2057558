"""More than a thousand malformed uploads: each is encoded or gets a problem; later valid requests are unaffected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from backend.schemas import EncodeResponse
from tests.backend.hostile import hostile_audio as hostile

KINDS = {200: None, 413: "too-large", 415: "audio-format", 422: "audio-content"}
GENERATORS = {
    hostile.truncations: 250,
    hostile.false_headers: 400,
    hostile.rates_and_lengths: 60,
    hostile.values: 35,
    hostile.disguises: 75,
    hostile.bombs: 4,
}
"""Generators and the least number of files from each."""

hypothesis_settings = settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def send(client: TestClient, data: bytes, name: str = "a.wav") -> Any:
    return client.post("/encode", files={"file": (name, data)})


@pytest.fixture
def take(client: TestClient, check_problem: Any) -> Iterator[Callable[[str, bytes], int]]:
    """`take(description, data)`: send it, check the response against the contract, return its status.

    At the end a valid request must give the same response as before.
    """
    good = hostile.write(hostile.noise(16_000))
    before = send(client, good)
    assert before.status_code == 200

    def _take(description: str, data: bytes) -> int:
        answer = send(client, data)
        status: int = answer.status_code
        assert status in KINDS, (description, answer.text)
        if status == 200:
            EncodeResponse.model_validate(answer.json())
        else:
            check_problem(answer, status, field="file" if len(data) < 1 << 20 else None, kind=KINDS[status])
        return status

    yield _take
    assert send(client, good).content == before.content


@pytest.mark.parametrize("generate", GENERATORS, ids=lambda generate: generate.__name__)
def test_generated_files(generate: Callable[[], Iterator[hostile.Sample]], take: Callable[[str, bytes], int]) -> None:
    statuses = {description: take(description, data) for description, data in generate()}
    assert len(statuses) >= GENERATORS[generate], len(statuses)
    assert len(set(statuses.values())) > 1, "some are accepted and some are refused"


def test_truncated_file_is_not_accepted_as_a_shorter_one(take: Callable[[str, bytes], int]) -> None:
    for description, data in hostile.truncations():
        length, whole = (int(number) for number in description.split(" cut to ")[1].split(" of "))
        if description.startswith(("wav", "flac", "aiff", "mp3", "ogg")) and length < whole - 1:
            assert take(description, data) != 200, description


def test_unsupported_formats_are_refused(take: Callable[[str, bytes], int]) -> None:
    for name, form in hostile.UNSUPPORTED.items():
        assert take(name, hostile.write(hostile.noise(1500), *form)) == 415
        assert take(name, b"ID3\x03\0\0\0\0\0\x0a" + bytes(10) + hostile.write(hostile.noise(1500), *form)) == 415


@hypothesis_settings
@given(
    name=st.sampled_from(sorted(hostile.KINDS)),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=12),
    in_header=st.booleans(),
    length=st.floats(0.05, 1.0),
)
def test_files_with_changed_bytes(
    name: str,
    changes: list[tuple[float, int]],
    in_header: bool,
    length: float,
    take: Callable[[str, bytes], int],
) -> None:
    data = bytearray(hostile.write(hostile.noise(1500), *hostile.KINDS[name]))
    for position, value in changes:
        data[int(position * (80 if in_header else len(data)))] = value
    take(name, bytes(data[: round(length * len(data))]))


@hypothesis_settings
@given(
    data=st.binary(max_size=400),
    beginning=st.sampled_from([b"", b"RIFF\0\0\0\0WAVEfmt ", b"fLaC\0\0\0\x22", b"OggS\0\x02"]),
)
def test_random_bytes(data: bytes, beginning: bytes, take: Callable[[str, bytes], int]) -> None:
    assert take("noise", beginning + data) != 200


@hypothesis_settings
@given(
    data=st.binary(max_size=600),
    kind=st.sampled_from(["multipart/form-data; boundary=x", "application/x-www-form-urlencoded"]),
)
def test_invalid_forms(data: bytes, kind: str, client: TestClient, check_problem: Any) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="file"' + data + b"\r\n--x--\r\n" if "x" in kind else data
    answer = client.post("/encode", content=body, headers={"content-type": kind})
    assert answer.status_code in (400, 415, 422), answer.text
    check_problem(answer, answer.status_code, field=answer.json().get("field"))


def test_denormals_are_not_slower(client: TestClient) -> None:
    worker = client.app.state.engine.worker  # type: ignore[attr-defined]
    durations: list[float] = []
    observe = worker.observe
    worker.observe = lambda route, seconds: (durations.append(seconds), observe(route, seconds))
    try:
        for level in (0.1, 1e-40) * 3:
            assert send(client, hostile.write(hostile.noise(160_000, level=level), "WAV", "FLOAT")).status_code == 200
    finally:
        worker.observe = observe
    assert min(durations[1::2]) < 5 * min(durations[0::2]), "denormals are about 30 times slower unless flushed to zero"
