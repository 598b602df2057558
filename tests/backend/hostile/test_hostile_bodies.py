"""Malformed bodies of /decode, /traverse and /interpolate: each gets a problem or a sound, and later valid requests are
unaffected.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

ALLOWED = {200, 400, 404, 413, 422}
JSON = {"content-type": "application/json"}

hypothesis_settings = settings(
    max_examples=250, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)

HUGE = 10**4000  # as many digits as Python reads
REPLACEMENTS: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 3, 4, 2**31, 2**63, 2**64, HUGE, 0.5, -0.0, 1e-320, 1e308, float("nan"), float("inf"),
    "", "mean", "zero", "NaN", "\0", "\ud800", "../../etc/passwd", "' OR 1=1", "{{7*7}}", "x" * 10_000,
    [], [[]], [None] * 100, {}, {"a": {}}, {"\ud800": 1}, {"__proto__": 1}, [{"dim": 0}], ["0" * 32],
)  # fmt: skip
"""Replacements for every field."""


def latents(shape: list[Any], values: np.ndarray | None = None, data: str | None = None, dtype: str = "float32") -> Any:
    raw = np.zeros((8, 10)) if values is None else values
    packed = base64.b64encode(raw.astype("<f4").tobytes()).decode()
    return {"shape": shape, "dtype": dtype, "data": packed if data is None else data}


def valid_requests(clip: str) -> dict[str, dict[str, Any]]:
    """A valid request per route, whose fields are then replaced."""
    edit = {"dim": 1, "op": "add", "value": 1.5, "start": 0.1, "end": 0.3}
    decode = {"model": "tiny", "module": 3, "base": "sample", "seed": 3, "edits": [edit]}
    toward = {"clip": clip, "share": 0.5, "top_k": 2}
    window = {"start": 0.0, "end": 0.2}
    return {
        "/decode": {**decode, "clip": clip, "toward": toward},
        "/traverse": {
            **decode, "clip": clip, "dim": 2, "values": [0.0, 1.0], "across": {"dim": 3, "values": [0.0]},
            "start": 0.0, "end": 0.2, "window": window,
        },
        "/interpolate": {
            "model": "tiny", "module": 2, "from": clip, "to": clip, "top_k": 1, "steps": 2, "window": window,
        },
    }  # fmt: skip


def paths(tree: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of all values in `tree`."""
    if at:
        yield at
    for key in list(tree) if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ():
        yield from paths(tree[key], (*at, key))


def replace_at(tree: Any, at: tuple[Any, ...], value: Any) -> Any:
    copy = json.loads(json.dumps(tree))
    node = copy
    for key in at[:-1]:
        node = node[key]
    node[at[-1]] = value
    return copy


@pytest.fixture
def take(client: TestClient, clip: str, check_problem: Any) -> Iterator[Callable[[str, Any], int]]:
    """`take(path, body)`: send it, check the response against the contract, return its status.

    At the end a valid request must give the same response as before.
    """
    good = {"module": 3, "clip": clip, "base": "sample", "seed": 1}
    before = client.post("/decode", json=good).content

    def _take(path: str, body: Any, headers: dict[str, str] = JSON) -> int:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = client.post(path, content=content, headers=headers)
        status: int = answer.status_code
        assert status in ALLOWED, (content[:500], answer.text)
        if status == 200:
            assert "NaN" not in answer.text
            json.loads(answer.text)
        else:
            problem = check_problem(answer, status, field=answer.json().get("field"))
            assert len(problem["detail"]) < 1000 + len(content)
        return status

    yield _take
    assert client.post("/decode", json=good).content == before


@pytest.mark.parametrize(("path", "least"), [("/decode", 500), ("/traverse", 350), ("/interpolate", 300)])
def test_every_field_with_an_invalid_value(path: str, least: int, clip: str, take: Callable[[str, Any], int]) -> None:
    valid = valid_requests(clip)[path]
    assert take(path, valid) == 200
    targets = [at for at in paths(valid) if path != "/traverse" or at[0] not in valid_requests(clip)["/decode"]]
    statuses = [take(path, replace_at(valid, at, value)) for at in targets for value in REPLACEMENTS]
    assert len(statuses) >= least
    assert statuses.count(422) > 0.7 * len(statuses)


def test_invalid_latents(take: Callable[[str, Any], int]) -> None:
    shapes: list[list[Any]] = [
        [], [8], [10], [8, 0], [0, 10], [-8, -10], [8, 11], [10, 8], [8, 10, 1], [1, 8, 10], [8, HUGE], [HUGE, HUGE],
        [8, 2**62], [2**32, 2**32], [8.0, 10], ["8", "10"], [None, 10], [[8], [10]], [8, 10, 1, 1, 1],
    ]  # fmt: skip
    for shape in shapes:
        assert take("/decode", {"module": 3, "latents": latents(shape)}) == 422, shape
    for data in ("", "A", "AAAA", "====", "not base64!", "\ud800", "A" * 100_000, "\0" * 40):
        assert take("/decode", {"module": 3, "latents": latents([8, 10], data=data)}) == 422, data[:20]
    for dtype in ("float64", "int8", "object", "<f4", ""):
        assert take("/decode", {"module": 3, "latents": latents([8, 10], dtype=dtype)}) == 422, dtype
    for value in (np.nan, np.inf, -np.inf):
        assert take("/decode", {"module": 3, "latents": latents([8, 10], np.full((8, 10), value))}) == 422
    for value in (3e38, -3e38, 1e20, 1e-45, 1e-38, 65_504.0):
        take("/decode", {"module": 3, "latents": latents([8, 10], np.full((8, 10), value))})


def test_text_that_is_not_a_request(take: Callable[[str, Any], int]) -> None:
    texts = [
        b"", b" ", b"\0", b"\xff\xfe{}", b"\xef\xbb\xbf{}", b"null", b"1", b'"x"', b"[]", b"{}", b"{", b'{"module":',
        b"NaN",
        b'{"module": 1, "module": 2}', b'{"module": 1e400}', b'{"module": ' + b"9" * 5000 + b"}", b"{'module': 1}",
        b"[" * 900, b"[" * 1100, b"[" * 19_000, b'{"a":' * 5000, b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'{"edits": [' + b"{}," * 30_000 + b"{}]}", b"[" + b"0," * 400_000 + b"0]", b'"' + b"a" * 900_000 + b'"',
        b'{"' + b"a" * 100_000 + b'": 1}', b'{"\\ud800": 1}', b'{"module": "\\ud800"}', b'{"\\u0000": "\\u0000"}',
    ]  # fmt: skip
    for text in texts:
        for path in ("/decode", "/traverse", "/interpolate"):
            assert take(path, text) != 200
    for kind in (
        "text/plain",
        "application/xml",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-7",
        "x/y/z",
    ):
        take("/decode", b'{"module": 3, "seconds": 1, "base": "zero"}', {"content-type": kind})


def test_largest_number_of_edits_and_one_more(take: Callable[[str, Any], int], clip: str) -> None:
    edit = {"dim": 1, "op": "scale", "value": 10, "start": 0.0, "end": 1.0}
    assert take("/decode", {"module": 3, "clip": clip, "edits": [edit] * 1000}) in (200, 422)
    assert take("/decode", {"module": 3, "clip": clip, "edits": [edit] * 1001}) == 422


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
fields = st.sampled_from(
    [
        "model",
        "module",
        "clip",
        "latents",
        "seconds",
        "base",
        "seed",
        "toward",
        "edits",
        "dim",
        "values",
        "across",
        "from",
    ]
)


@hypothesis_settings
@given(
    path=st.sampled_from(["/decode", "/traverse", "/interpolate"]), body=st.dictionaries(fields, anything, max_size=6)
)
def test_random_bodies(path: str, body: Any, take: Callable[[str, Any], int]) -> None:
    take(path, body)


@hypothesis_settings
@given(
    value=st.floats(-10, 10),
    span=st.tuples(st.floats(0, 1.2), st.floats(0, 1.2)),
    dim=st.integers(0, 9),
    op=st.sampled_from(["set", "add", "scale"]),
    base=st.sampled_from(["mean", "sample", "zero", "prior"]),
    seed=st.integers(-1, 2**53),
    module=st.integers(0, 4),
)
def test_plausible_random_bodies(
    value: float,
    span: tuple[float, float],
    dim: int,
    op: str,
    base: str,
    seed: int,
    module: int,
    clip: str,
    take: Callable[[str, Any], int],
) -> None:
    edit = {"dim": dim, "op": op, "value": value, "start": span[0], "end": span[1]}
    take("/decode", {"module": module, "clip": clip, "base": base, "seed": seed, "edits": [edit]})
