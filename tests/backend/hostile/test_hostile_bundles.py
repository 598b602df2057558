"""Bundles from strangers: whatever is in them, they load, or the fault and its file are named; and they are data, that
show nothing of this machine and take no more of it than their files do.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from starlette.testclient import TestClient

from backend.store.smoke_test import run_smoke_test
from trainer import bundle
from trainer.bundle import BundleError
from trainer.config import preset

FILES = ("config.json", "encoder.safetensors", "decoder-2.safetensors", "report.json", "examples/examples.json")

quickly = settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.fixture
def stranger(tiny: Path, tmp_path: Path) -> Path:
    """A bundle that may be spoilt."""
    return shutil.copytree(tiny, tmp_path / "stranger")


@pytest.fixture
def spoil(stranger: Path) -> Iterator[Callable[..., str | None]]:
    """`spoil(file, content)`: the fault that is told of the bundle with this in place of the file, None where it
    holds; the file is then what it was.
    """

    def _spoil(file: str, content: bytes, *, weights: bool = True) -> str | None:
        before = (stranger / file).read_bytes()
        (stranger / file).write_bytes(content)
        try:
            return fault(stranger, weights=weights)
        finally:
            (stranger / file).write_bytes(before)

    yield _spoil
    assert fault(stranger) is None


def fault(path: Path, *, weights: bool = True) -> str | None:
    """What is wrong with the bundle at `path`, whose weights take the time."""
    try:
        if weights:
            run_smoke_test(bundle.load(path).optimise_for_inference())
            bundle.digest(path)
        bundle.read_report(path)
        for example in bundle.read_examples(path):
            bundle.read_example(path, example)
    except BundleError as error:
        told = str(error)
    else:
        return None
    assert str(path.parent) not in told
    assert len(told) < 600
    return told


Spoil = Callable[..., str | None]


@pytest.mark.parametrize("file", FILES)
def test_a_file_cut_off(file: str, tiny: Path, spoil: Spoil) -> None:
    whole = (tiny / file).read_bytes()
    for size in (0, 1, 7, 8, 9, 100, len(whole) // 2, len(whole) - 2):
        told = spoil(file, whole[:size])
        assert told is not None
        assert told.startswith(f"{file}: "), (size, told)


@pytest.mark.parametrize(
    "content",
    [
        b"null",
        b"[]",
        b"0",
        b'"x"',
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 5000,
        b"{" + b" " * (17 << 20) + b"}",
        b"NaN",
    ],
    ids=lambda content: str(content[:5]),
)
def test_json_that_is_none(content: bytes, spoil: Spoil) -> None:
    for file in ("config.json", "examples/examples.json", "report.json"):
        told = spoil(file, content)
        if not (file == "report.json" and content == b"{}") and not (file.startswith("ex") and content == b"[]"):
            assert told is not None
            assert told.startswith(f"{file}: ")


def places(tree: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    keys = list(tree) if isinstance(tree, dict) else range(min(2, len(tree))) if isinstance(tree, list) else ()
    for key in keys:
        yield (*at, key)
        yield from places(tree[key], (*at, key))


def replaced(tree: Any, at: tuple[Any, ...], value: str) -> bytes:
    """`tree` as JSON with `value`, which is JSON or nearly, in place of what is at `at`."""
    copy = json.loads(json.dumps(tree))
    node = copy
    for key in at[:-1]:
        node = node[key]
    node[at[-1]] = "@@@"
    return json.dumps(copy).replace('"@@@"', value).encode()


VALUES = ("null", "-1", "0", "1000000000000", "1e999", "NaN", '"x"', '"\\ud800"', "[]", "{}", "true", "0.5")


def test_every_setting_of_the_model_set_to_what_it_cannot_be(tiny: Path, spoil: Spoil) -> None:
    tree = json.loads((tiny / "config.json").read_text())
    ways = list(places({"config": {"encoder": tree["config"]["encoder"], "decoder": tree["config"]["decoder"]}}))
    ways += [("config", "sample_rate"), ("config", "loudness_dbfs"), ("format_version",), ("provenance",)]
    told = [(at, value, spoil("config.json", replaced(tree, at, value))) for at in ways for value in VALUES[::2]]
    told += [(at, value, spoil("config.json", replaced(tree, at, value))) for at in ways[::3] for value in VALUES[1::2]]
    assert len(told) > 150
    wrong = [fault for _, _, fault in told if fault is not None]
    assert len(wrong) > 0.6 * len(told)


def test_every_fact_of_the_report_and_the_examples_set_to_what_it_cannot_be(
    stranger: Path, start: Any, spoil: Spoil
) -> None:
    """What holds is served as JSON, which knows no NaN."""
    client: TestClient = start(models=(stranger,))
    for file in ("report.json", "examples/examples.json"):
        tree = json.loads((stranger / file).read_text())
        for at in places(tree):
            for value in VALUES[1::3]:
                told = spoil(file, replaced(tree, at, value), weights=False)
                assert told is None or told.startswith((f"{file}: ", "examples/x: "))  # "x": a file that is not there
    tree = json.loads((stranger / "report.json").read_text())
    for number, value in enumerate(("1e308", "-1e308", '"\\u0000"', "NaN", "1e999")):
        at = ("modules", 0, "dimensions", 0, "labels", 0, "factor" if value.startswith('"') else "bits")
        (stranger / "report.json").write_bytes(replaced(tree, at, value) + b" " * number)
        listed = [model["model"] for model in client.get("/models").json()["models"]]
        answer = client.get("/models/stranger")
        assert (answer.status_code == 200) == ("stranger" in listed)
        assert listed[0] == "tiny"
        if answer.status_code == 200:
            json.loads(answer.content)
    assert "stranger" not in listed
    (stranger / "report.json").write_text(json.dumps(tree))


def header_of(content: bytes) -> tuple[dict[str, Any], bytes]:
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def with_header(header: Any, data: bytes, length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def test_weights_whose_header_lies(tiny: Path, spoil: Spoil) -> None:
    header, data = header_of((tiny / "encoder.safetensors").read_bytes())
    name = next(key for key in header if key != "__metadata__")
    one = header[name]
    begin, end = one["data_offsets"]
    lies: list[bytes] = [with_header(header, data, length) for length in (0, 1, 2**31, 2**63, 2**64 - 1)]
    for change in (
        {"dtype": "F64"}, {"dtype": "F8_E4M3"}, {"dtype": "I64"}, {"dtype": "X"}, {"dtype": None}, {"dtype": "C64"},
        {"shape": []}, {"shape": [-1]}, {"shape": [2**62, 4]}, {"shape": [2**64]}, {"shape": [1, *one["shape"]]},
        {"data_offsets": [end, begin]}, {"data_offsets": [0, 2**62]}, {"data_offsets": [begin - 4, end]},
        {"data_offsets": [begin, end + 4]}, {"data_offsets": []}, {"extra": 1},
    ):  # fmt: skip
        lies.append(with_header({**header, name: {**one, **change}}, data))
    lies += [
        with_header({}, data),
        with_header([], data),
        with_header(b"\xff" * 100, data),
        with_header(header, data + b"x"),
    ]
    lies += [with_header({key: value for key, value in header.items() if key != name}, data)]
    lies += [with_header({**header, other: one}, data) for other in ("../../x", "", "a" * 10_000, "\0")]
    for content in lies:
        told = spoil("encoder.safetensors", content)
        assert told is None or told.startswith("encoder.safetensors: "), told


def test_weights_that_are_not_the_models(tiny: Path, stranger: Path) -> None:
    weights = load_file(tiny / "encoder.safetensors")
    name = next(key for key, value in weights.items() if value.ndim > 1)
    good = weights[name]
    for changed, told in (
        ({**weights, name: good.double() * 1e300}, "not finite"),
        ({**weights, name: good * torch.nan}, "not finite"),
        ({**weights, name: good.reshape(-1)}, "has shape"),
        ({**weights, name: good.to(torch.int32)}, "has type"),
        ({**weights, name: good.to(torch.complex64)}, "has type"),
        ({**weights, "../x": good.clone()}, "unknown tensor ../x"),
        ({key: value for key, value in weights.items() if key != name}, "lacks tensor"),
    ):
        save_file(changed, stranger / "encoder.safetensors")
        assert told in (fault(stranger) or ""), told


@pytest.mark.parametrize(
    ("file", "part"), [("encoder.safetensors", "module 1"), ("decoder-2.safetensors", "the decoder")]
)
def test_weights_that_are_numbers_and_give_none(file: str, part: str, tiny: Path, stranger: Path) -> None:
    weights = load_file(tiny / file)
    huge = {name: torch.full_like(one, 3e38) for name, one in weights.items() if one.is_floating_point()}
    save_file({**weights, **huge}, stranger / file)
    assert fault(stranger) == f"{file}: {part} returns values that are not finite"


@quickly
@given(
    file=st.sampled_from(FILES),
    turned=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=5),
    near_the_start=st.booleans(),
)
def test_bytes_turned(
    file: str, turned: list[tuple[float, int]], near_the_start: bool, tiny: Path, spoil: Spoil
) -> None:
    content = bytearray((tiny / file).read_bytes())
    for share, value in turned:
        content[int(share * (min(400, len(content)) if near_the_start else len(content)))] = value
    spoil(file, bytes(content))


def test_a_model_larger_than_its_files_is_never_made(tiny: Path, spoil: Spoil) -> None:
    """Of 70 GB and more: making it would end the test."""
    tree = json.loads((tiny / "config.json").read_text())
    modules = tree["config"]["encoder"]["modules"]
    wide = [{**module, "hidden": 4096, "convs": [{**module["convs"][0], "kernel": 1024}] * 4} for module in modules]
    told = spoil("config.json", replaced(tree, ("config", "encoder", "modules"), json.dumps(wide)))
    assert told is not None
    assert told.startswith("encoder.safetensors: ")
    told = spoil("config.json", replaced(tree, ("config", "decoder", "width"), "8192"))
    assert told is not None
    assert told.startswith("decoder-1.safetensors: ")


@pytest.mark.parametrize("file", FILES)
def test_a_link_that_leads_out_shows_nothing(file: str, stranger: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    shutil.copy(stranger / file, secret)
    (stranger / file).unlink()
    (stranger / file).symlink_to(secret)
    assert "link that leads out" in (fault(stranger) or "")
    for target in ("nowhere", file.rsplit("/", 1)[-1]):
        (stranger / file).unlink()
        (stranger / file).symlink_to(target)
        assert (fault(stranger) or "").startswith(f"{file}: ")


def test_a_link_within_the_bundle_is_a_file_like_others(stranger: Path) -> None:
    (stranger / "config.json").rename(stranger / "kept.json")
    (stranger / "config.json").symlink_to("kept.json")
    assert fault(stranger) is None


def test_an_example_that_is_a_link_is_not_served(
    stranger: Path, start: Any, check_problem: Any, tmp_path: Path
) -> None:
    client: TestClient = start(models=(stranger,))
    assert client.get("/models/stranger/examples/vowel-1").status_code == 200
    (tmp_path / "secret").write_text("secret")
    (stranger / "examples" / "vowel.flac").unlink()
    assert client.get("/models/stranger/examples/vowel-1").status_code == 404
    (stranger / "examples" / "vowel.flac").symlink_to(tmp_path / "secret")
    answer = client.get("/models/stranger/examples/vowel-1")
    check_problem(answer, 404, field=answer.json()["field"])  # the example, or by now the model


@pytest.mark.parametrize("file", ["config.json", "encoder.safetensors", "examples/vowel.flac"])
def test_what_is_no_file_is_not_waited_for(file: str, stranger: Path) -> None:
    (stranger / file).unlink()
    os.mkfifo(stranger / file)
    assert (fault(stranger) or "").endswith("is not a file")
    (stranger / file).unlink()
    (stranger / file).mkdir()
    assert (fault(stranger) or "").endswith("is not a file")


def test_a_model_that_does_not_compute_is_not_offered(
    stranger: Path, start: Any, caplog: pytest.LogCaptureFixture
) -> None:
    tree = json.loads((stranger / "config.json").read_text())
    at = ("config", "encoder", "logvar_range")
    (stranger / "config.json").write_bytes(replaced(tree, at, "[4.0, -8.0]"))
    client: TestClient = start(models=(stranger,))
    assert [model["model"] for model in client.get("/models").json()["models"]] == ["tiny"]
    assert "does not run" in caplog.text


def test_a_folder_that_cannot_be_read_hides_no_other(tiny: Path, start: Any, caplog: pytest.LogCaptureFixture) -> None:
    with tempfile.TemporaryDirectory() as folder:
        loop, good, closed = Path(folder, "loop"), Path(folder, "good"), Path(folder, "closed")
        loop.symlink_to(loop)
        shutil.copytree(tiny, good / "mine")
        closed.mkdir()
        closed.chmod(0)
        client: TestClient = start(models=(loop, Path("/" + "x" * 300), closed, Path("/dev/null"), good))
        told = [client.get("/models").json()["models"] for _ in range(2)]
        assert [model["model"] for model in told[0]] == ["tiny", "mine"]
        assert told[0] == told[1]
        assert caplog.text.count(f"{loop} is skipped") == 1
        if os.geteuid() != 0:  # who is root reads everything
            assert caplog.text.count(f"{closed} is skipped") == 1


def test_a_bundle_replaced_while_it_is_served_is_the_old_one_or_the_new(
    stranger: Path, start: Any, bundle_maker: Callable[..., Path], tmp_path: Path
) -> None:
    """File by file, as `cp` does it; what is half replaced is not offered, and no sound is of two models."""
    client: TestClient = start(models=(stranger,))
    other = bundle_maker(tmp_path / "other", preset("tiny"), seed=9)
    request = {"model": "stranger", "module": 3, "seconds": 0.5, "base": "prior"}
    before = client.post("/decode", json=request).json()["audio"]
    heard = []
    for file in sorted(other.iterdir()):
        for content in (file.read_bytes()[:100], file.read_bytes()):
            (stranger / file.name).write_bytes(content)
            client.get("/models")
            answer = client.post("/decode", json=request)
            assert answer.status_code in (200, 404), answer.text
            heard.append(answer.json().get("audio"))
    assert heard[0] is None, "a file that is half there is none"
    assert heard[-1] not in (None, before)
    fresh = start(shipped=other).post("/decode", json={**request, "model": "other"}).json()["audio"]
    assert heard[-1] == fresh


def test_files_that_change_while_they_are_read_are_not_believed(
    stranger: Path, start: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client: TestClient = start(models=(stranger,))
    load = bundle.load

    def slow_copy(path: Path) -> Any:
        model = load(path)
        weights = load_file(path / "encoder.safetensors")
        save_file(
            {name: value * 0.5 if value.is_floating_point() else value for name, value in weights.items()},
            path / "encoder.safetensors",
        )
        return model

    monkeypatch.setattr(bundle, "load", slow_copy)
    assert [model["model"] for model in client.get("/models").json()["models"]] == ["tiny"]
    assert "the bundle is being replaced" in caplog.text
    monkeypatch.setattr(bundle, "load", load)
    assert [model["model"] for model in client.get("/models").json()["models"]] == ["tiny", "stranger"]
