"""More than a thousand files that nobody should send: each is told what is wrong with it, or encoded, and the next good
one is served as if nothing had been.
"""

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
    hostile.lying_headers: 400,
    hostile.rates_and_lengths: 60,
    hostile.values: 35,
    hostile.disguises: 75,
    hostile.bombs: 4,
}
"""And how many each makes at least."""

quickly = settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def send(client: TestClient, data: bytes, name: str = "a.wav") -> Any:
    return client.post("/encode", files={"file": (name, data)})


@pytest.fixture
def take(client: TestClient, check_problem: Any) -> Iterator[Callable[[str, bytes], int]]:
    """`take(what, data)`: send it, hold the answer to the contract, return its status. A good request comes last."""
    good = hostile.write(hostile.noise(16_000))
    before = send(client, good)
    assert before.status_code == 200

    def _take(what: str, data: bytes) -> int:
        answer = send(client, data)
        status: int = answer.status_code
        assert status in KINDS, (what, answer.text)
        if status == 200:
            EncodeResponse.model_validate(answer.json())
        else:
            check_problem(answer, status, field="file" if len(data) < 1 << 20 else None, kind=KINDS[status])
        return status

    yield _take
    assert send(client, good).content == before.content


@pytest.mark.parametrize("generate", GENERATORS, ids=lambda generate: generate.__name__)
def test_files_made_by_hand(
    generate: Callable[[], Iterator[hostile.Sample]], take: Callable[[str, bytes], int]
) -> None:
    seen = {what: take(what, data) for what, data in generate()}
    assert len(seen) >= GENERATORS[generate], len(seen)
    assert len(set(seen.values())) > 1, "some can be read, and some cannot"


def test_a_file_cut_off_is_never_taken_for_a_shorter_one(take: Callable[[str, bytes], int]) -> None:
    for what, data in hostile.truncations():
        cut, whole = (int(number) for number in what.split(" cut to ")[1].split(" of "))
        if what.startswith(("wav", "flac", "aiff", "mp3", "ogg")) and cut < whole - 1:
            assert take(what, data) != 200, what


def test_what_only_a_library_reads_does_not_reach_it(take: Callable[[str, bytes], int]) -> None:
    for name, form in hostile.READ_BY_NOBODY.items():
        assert take(name, hostile.write(hostile.noise(1500), *form)) == 415
        assert take(name, b"ID3\x03\0\0\0\0\0\x0a" + bytes(10) + hostile.write(hostile.noise(1500), *form)) == 415


@quickly
@given(
    name=st.sampled_from(sorted(hostile.KINDS)),
    turned=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=12),
    near_the_start=st.booleans(),
    cut=st.floats(0.05, 1.0),
)
def test_files_with_bytes_turned(
    name: str,
    turned: list[tuple[float, int]],
    near_the_start: bool,
    cut: float,
    take: Callable[[str, bytes], int],
) -> None:
    data = bytearray(hostile.write(hostile.noise(1500), *hostile.KINDS[name]))
    for share, value in turned:
        data[int(share * (80 if near_the_start else len(data)))] = value
    take(name, bytes(data[: round(cut * len(data))]))


@quickly
@given(
    data=st.binary(max_size=400),
    beginning=st.sampled_from([b"", b"RIFF\0\0\0\0WAVEfmt ", b"fLaC\0\0\0\x22", b"OggS\0\x02"]),
)
def test_files_of_noise(data: bytes, beginning: bytes, take: Callable[[str, bytes], int]) -> None:
    assert take("noise", beginning + data) != 200


@quickly
@given(
    data=st.binary(max_size=600),
    kind=st.sampled_from(["multipart/form-data; boundary=x", "application/x-www-form-urlencoded"]),
)
def test_forms_that_are_none(data: bytes, kind: str, client: TestClient, check_problem: Any) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="file"' + data + b"\r\n--x--\r\n" if "x" in kind else data
    answer = client.post("/encode", content=body, headers={"content-type": kind})
    assert answer.status_code in (400, 415, 422), answer.text
    check_problem(answer, answer.status_code, field=answer.json().get("field"))


def test_numbers_next_to_nothing_take_no_longer_than_others(client: TestClient) -> None:
    worker = client.app.state.engine.worker  # type: ignore[attr-defined]
    spent: list[float] = []
    tell = worker.observe
    worker.observe = lambda route, seconds: (spent.append(seconds), tell(route, seconds))
    try:
        for level in (0.1, 1e-40) * 3:
            assert send(client, hostile.write(hostile.noise(160_000, level=level), "WAV", "FLOAT")).status_code == 200
    finally:
        worker.observe = tell
    assert min(spent[1::2]) < 5 * min(spent[0::2]), "they take thirty times as long where they are not taken for zero"
