"""Untrusted bundles: each loads, or its error names the file; none reveals files of this machine or allocates more than
its files justify.
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

hypothesis_settings = settings(
    max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@pytest.fixture
def bundle_path(tiny: Path, tmp_path: Path) -> Path:
    """A bundle to be damaged."""
    return shutil.copytree(tiny, tmp_path / "untrusted")


@pytest.fixture
def spoil(bundle_path: Path) -> Iterator[Callable[..., str | None]]:
    """`spoil(file, content)`: error of the bundle with `content` as the file, None if it loads. Restores the file."""

    def _spoil(file: str, content: bytes, *, weights: bool = True) -> str | None:
        before = (bundle_path / file).read_bytes()
        (bundle_path / file).write_bytes(content)
        try:
            return fault(bundle_path, weights=weights)
        finally:
            (bundle_path / file).write_bytes(before)

    yield _spoil
    assert fault(bundle_path) is None


def fault(path: Path, *, weights: bool = True) -> str | None:
    """Error of the bundle at `path`. `weights=False` skips the slow part."""
    try:
        if weights:
            run_smoke_test(bundle.load(path).optimise_for_inference())
            bundle.digest(path)
        bundle.read_report(path)
        bundle.read_typicality(path, [8, 8, 8])
        for example in bundle.read_examples(path):
            bundle.read_example(path, example)
    except BundleError as error:
        message = str(error)
    else:
        return None
    assert str(path.parent) not in message
    assert len(message) < 600
    return message


Spoil = Callable[..., str | None]


@pytest.mark.parametrize("file", FILES)
def test_truncated_file(file: str, tiny: Path, spoil: Spoil) -> None:
    whole = (tiny / file).read_bytes()
    for size in (0, 1, 7, 8, 9, 100, len(whole) // 2, len(whole) - 2):
        message = spoil(file, whole[:size])
        assert message is not None
        assert message.startswith(f"{file}: "), (size, message)


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
def test_invalid_json(content: bytes, spoil: Spoil) -> None:
    for file in ("config.json", "examples/examples.json", "report.json"):
        message = spoil(file, content)
        if not (file == "report.json" and content == b"{}") and not (file.startswith("ex") and content == b"[]"):
            assert message is not None
            assert message.startswith(f"{file}: ")


def paths(tree: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    keys = list(tree) if isinstance(tree, dict) else range(min(2, len(tree))) if isinstance(tree, list) else ()
    for key in keys:
        yield (*at, key)
        yield from paths(tree[key], (*at, key))


def replaced(tree: Any, at: tuple[Any, ...], value: str) -> bytes:
    """`tree` as JSON with `value` (JSON text, possibly invalid) at the path `at`."""
    copy = json.loads(json.dumps(tree))
    node = copy
    for key in at[:-1]:
        node = node[key]
    node[at[-1]] = "@@@"
    return json.dumps(copy).replace('"@@@"', value).encode()


# Relative positions in a file. Drawn as whole numbers: ONNX Runtime makes this thread flush denormals to zero, and
# hypothesis draws no floats then.
POSITIONS = st.integers(0, 2**20 - 1).map(lambda number: number / 2**20)
VALUES = ("null", "-1", "0", "1000000000000", "1e999", "NaN", '"x"', '"\\ud800"', "[]", "{}", "true", "0.5")


def test_invalid_values_in_the_configuration(tiny: Path, spoil: Spoil) -> None:
    tree = json.loads((tiny / "config.json").read_text())
    targets = list(paths({"config": {"encoder": tree["config"]["encoder"], "decoder": tree["config"]["decoder"]}}))
    targets += [("config", "sample_rate"), ("config", "loudness_dbfs"), ("format_version",), ("provenance",)]
    results = [(at, value, spoil("config.json", replaced(tree, at, value))) for at in targets for value in VALUES[::2]]
    results += [
        (at, value, spoil("config.json", replaced(tree, at, value))) for at in targets[::3] for value in VALUES[1::2]
    ]
    assert len(results) > 150
    wrong = [fault for _, _, fault in results if fault is not None]
    assert len(wrong) > 0.6 * len(results)


def test_invalid_values_in_report_and_examples(bundle_path: Path, start: Any, spoil: Spoil) -> None:
    """Valid content is served as JSON without NaN."""
    client: TestClient = start(models=(bundle_path,))
    for file in ("report.json", "examples/examples.json"):
        tree = json.loads((bundle_path / file).read_text())
        for at in paths(tree):
            for value in VALUES[1::3]:
                message = spoil(file, replaced(tree, at, value), weights=False)
                assert message is None or message.startswith((f"{file}: ", "examples/x: "))  # "x": a missing file
    tree = json.loads((bundle_path / "report.json").read_text())
    for number, value in enumerate(("1e308", "-1e308", '"\\u0000"', "NaN", "1e999")):
        at = ("modules", 0, "dimensions", 0, "labels", 0, "factor" if value.startswith('"') else "bits")
        (bundle_path / "report.json").write_bytes(replaced(tree, at, value) + b" " * number)
        listed = [model["model"] for model in client.get("/models").json()["models"]]
        answer = client.get("/models/untrusted")
        assert (answer.status_code == 200) == ("untrusted" in listed)
        assert listed[0] == "tiny"
        if answer.status_code == 200:
            json.loads(answer.content)
    assert "untrusted" not in listed
    (bundle_path / "report.json").write_text(json.dumps(tree))


def header_of(content: bytes) -> tuple[dict[str, Any], bytes]:
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def with_header(header: Any, data: bytes, length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def test_weights_with_a_false_header(tiny: Path, spoil: Spoil) -> None:
    header, data = header_of((tiny / "encoder.safetensors").read_bytes())
    name = next(key for key in header if key != "__metadata__")
    entry = header[name]
    begin, end = entry["data_offsets"]
    headers: list[bytes] = [with_header(header, data, length) for length in (0, 1, 2**31, 2**63, 2**64 - 1)]
    for change in (
        {"dtype": "F64"}, {"dtype": "F8_E4M3"}, {"dtype": "I64"}, {"dtype": "X"}, {"dtype": None}, {"dtype": "C64"},
        {"shape": []}, {"shape": [-1]}, {"shape": [2**62, 4]}, {"shape": [2**64]}, {"shape": [1, *entry["shape"]]},
        {"data_offsets": [end, begin]}, {"data_offsets": [0, 2**62]}, {"data_offsets": [begin - 4, end]},
        {"data_offsets": [begin, end + 4]}, {"data_offsets": []}, {"extra": 1},
    ):  # fmt: skip
        headers.append(with_header({**header, name: {**entry, **change}}, data))
    headers += [
        with_header({}, data),
        with_header([], data),
        with_header(b"\xff" * 100, data),
        with_header(header, data + b"x"),
    ]
    headers += [with_header({key: value for key, value in header.items() if key != name}, data)]
    headers += [with_header({**header, other: entry}, data) for other in ("../../x", "", "a" * 10_000, "\0")]
    for content in headers:
        message = spoil("encoder.safetensors", content)
        assert message is None or message.startswith("encoder.safetensors: "), message


def test_weights_of_another_model(tiny: Path, bundle_path: Path) -> None:
    weights = load_file(tiny / "encoder.safetensors")
    name = next(key for key, value in weights.items() if value.ndim > 1)
    good = weights[name]
    for changed, message in (
        ({**weights, name: good.double() * 1e300}, "not finite"),
        ({**weights, name: good * torch.nan}, "not finite"),
        ({**weights, name: good.reshape(-1)}, "has shape"),
        ({**weights, name: good.to(torch.int32)}, "has type"),
        ({**weights, name: good.to(torch.complex64)}, "has type"),
        ({**weights, "../x": good.clone()}, "unknown tensor ../x"),
        ({key: value for key, value in weights.items() if key != name}, "lacks tensor"),
    ):
        save_file(changed, bundle_path / "encoder.safetensors")
        assert message in (fault(bundle_path) or ""), message


@pytest.mark.parametrize(
    ("file", "part"), [("encoder.safetensors", "module 1"), ("decoder-2.safetensors", "the decoder")]
)
def test_weights_with_non_finite_outputs(file: str, part: str, tiny: Path, bundle_path: Path) -> None:
    weights = load_file(tiny / file)
    huge = {name: torch.full_like(entry, 3e38) for name, entry in weights.items() if entry.is_floating_point()}
    save_file({**weights, **huge}, bundle_path / file)
    assert fault(bundle_path) == f"{file}: {part} returns values that are not finite"


@hypothesis_settings
@given(
    file=st.sampled_from(FILES),
    changes=st.lists(st.tuples(POSITIONS, st.integers(0, 255)), min_size=1, max_size=5),
    in_header=st.booleans(),
)
def test_changed_bytes(file: str, changes: list[tuple[float, int]], in_header: bool, tiny: Path, spoil: Spoil) -> None:
    content = bytearray((tiny / file).read_bytes())
    for position, value in changes:
        content[int(position * (min(400, len(content)) if in_header else len(content)))] = value
    spoil(file, bytes(content))


def test_model_larger_than_its_files_is_not_allocated(tiny: Path, spoil: Spoil) -> None:
    """It would need more than 70 GB."""
    tree = json.loads((tiny / "config.json").read_text())
    modules = tree["config"]["encoder"]["modules"]
    wide = [{**module, "hidden": 4096, "convs": [{**module["convs"][0], "kernel": 1024}] * 4} for module in modules]
    message = spoil("config.json", replaced(tree, ("config", "encoder", "modules"), json.dumps(wide)))
    assert message is not None
    assert message.startswith("encoder.safetensors: ")
    message = spoil("config.json", replaced(tree, ("config", "decoder", "width"), "8192"))
    assert message is not None
    assert message.startswith("decoder-1.safetensors: ")


@pytest.mark.parametrize("file", FILES)
def test_link_out_of_the_bundle_is_refused(file: str, bundle_path: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    shutil.copy(bundle_path / file, secret)
    (bundle_path / file).unlink()
    (bundle_path / file).symlink_to(secret)
    assert "link that leads out" in (fault(bundle_path) or "")
    for target in ("nowhere", file.rsplit("/", 1)[-1]):
        (bundle_path / file).unlink()
        (bundle_path / file).symlink_to(target)
        assert (fault(bundle_path) or "").startswith(f"{file}: ")


def test_link_inside_the_bundle_is_followed(bundle_path: Path) -> None:
    (bundle_path / "config.json").rename(bundle_path / "kept.json")
    (bundle_path / "config.json").symlink_to("kept.json")
    assert fault(bundle_path) is None


def test_example_linked_out_of_the_bundle_is_not_served(
    bundle_path: Path, start: Any, check_problem: Any, tmp_path: Path
) -> None:
    client: TestClient = start(models=(bundle_path,))
    assert client.get("/models/untrusted/examples/vowel-1").status_code == 200
    (tmp_path / "secret").write_text("secret")
    (bundle_path / "examples" / "vowel.flac").unlink()
    assert client.get("/models/untrusted/examples/vowel-1").status_code == 404
    (bundle_path / "examples" / "vowel.flac").symlink_to(tmp_path / "secret")
    answer = client.get("/models/untrusted/examples/vowel-1")
    check_problem(answer, 404, field=answer.json()["field"])  # the example, or the model after a rescan


@pytest.mark.parametrize("file", ["config.json", "encoder.safetensors", "examples/vowel.flac"])
def test_pipes_and_folders_are_not_read(file: str, bundle_path: Path) -> None:
    (bundle_path / file).unlink()
    os.mkfifo(bundle_path / file)
    assert (fault(bundle_path) or "").endswith("is not a file")
    (bundle_path / file).unlink()
    (bundle_path / file).mkdir()
    assert (fault(bundle_path) or "").endswith("is not a file")


def test_model_that_fails_to_run_is_not_listed(bundle_path: Path, start: Any, caplog: pytest.LogCaptureFixture) -> None:
    tree = json.loads((bundle_path / "config.json").read_text())
    at = ("config", "encoder", "logvar_range")
    (bundle_path / "config.json").write_bytes(replaced(tree, at, "[4.0, -8.0]"))
    client: TestClient = start(models=(bundle_path,))
    assert [model["model"] for model in client.get("/models").json()["models"]] == ["tiny"]
    assert "does not run" in caplog.text


def test_unreadable_folder_does_not_hide_others(tiny: Path, start: Any, caplog: pytest.LogCaptureFixture) -> None:
    with tempfile.TemporaryDirectory() as folder:
        loop, good, closed = Path(folder, "loop"), Path(folder, "good"), Path(folder, "closed")
        loop.symlink_to(loop)
        shutil.copytree(tiny, good / "mine")
        closed.mkdir()
        closed.chmod(0)
        client: TestClient = start(models=(loop, Path("/" + "x" * 300), closed, Path("/dev/null"), good))
        listings = [client.get("/models").json()["models"] for _ in range(2)]
        assert [model["model"] for model in listings[0]] == ["tiny", "mine"]
        assert listings[0] == listings[1]
        assert caplog.text.count(f"{loop} is skipped") == 1
        if os.geteuid() != 0:  # root can read everything
            assert caplog.text.count(f"{closed} is skipped") == 1


def test_bundle_replaced_while_served_is_never_mixed(
    bundle_path: Path, start: Any, bundle_maker: Callable[..., Path], tmp_path: Path
) -> None:
    """Files are replaced one by one, as by `cp`. A partly replaced bundle is not served."""
    client: TestClient = start(models=(bundle_path,))
    other = bundle_maker(tmp_path / "other", preset("tiny"), seed=9)
    request = {"model": "untrusted", "module": 3, "seconds": 0.5, "base": "prior"}
    before = client.post("/decode", json=request).json()["audio"]
    sounds = []
    for file in sorted(other.iterdir()):
        for content in (file.read_bytes()[:100], file.read_bytes()):
            (bundle_path / file.name).write_bytes(content)
            client.get("/models")
            answer = client.post("/decode", json=request)
            assert answer.status_code in (200, 404), answer.text
            sounds.append(answer.json().get("audio"))
    assert sounds[0] is None, "a truncated file is invalid"
    assert sounds[-1] not in (None, before)
    fresh = start(shipped=other).post("/decode", json={**request, "model": "other"}).json()["audio"]
    assert sounds[-1] == fresh


def test_files_that_change_while_they_are_read_are_rejected(
    bundle_path: Path, start: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client: TestClient = start(models=(bundle_path,))
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
    assert [model["model"] for model in client.get("/models").json()["models"]] == ["tiny", "untrusted"]
