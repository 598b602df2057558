from __future__ import annotations

import io
import logging
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from starlette.testclient import TestClient

from backend.schemas import ExampleList, ModelDetail, ModelList
from trainer import bundle
from trainer.config import preset
from trainer.geometry import encoder_geometry


def names(client: TestClient) -> list[str]:
    return [model["model"] for model in client.get("/models").json()["models"]]


def test_models_list_the_default_first(client: TestClient, tiny: Path) -> None:
    listed = ModelList.model_validate(client.get("/models").json())
    assert [model.model for model in listed.models] == ["tiny", "plain", "tiny-8k"]
    assert listed.models[0].digest == bundle.digest(tiny)
    assert [model.sample_rate for model in listed.models] == [16_000, 16_000, 8_000]
    assert listed.models[0].modules == 3
    assert client.post("/decode", json={"module": 1, "seconds": 1, "base": "zero"}).json()["sample_rate"] == 16_000


def test_model_has_geometry_and_report(client: TestClient) -> None:
    detail = ModelDetail.model_validate(client.get("/models/tiny").json())
    config = preset("tiny")
    for module, geometry in zip(detail.modules, encoder_geometry(config.encoder, 16_000), strict=True):
        assert module.hop_seconds == geometry.hop_seconds
        assert module.frame_rate == geometry.frame_rate
        assert module.receptive_field_seconds == geometry.receptive_field_seconds
        assert module.first_frame_seconds == geometry.frame_centre_seconds(0)
        assert [dimension.dim for dimension in module.dimensions] == list(range(module.dims))
        first, last = module.dimensions[0], module.dimensions[-1]
        assert (first.kl, first.active, first.sensitivity) == (0.5, True, 1.5)
        assert [(label.factor, label.bits) for label in first.labels] == [("voicing", 0.5)]
        assert (last.kl, last.active, last.labels) == (None, None, [])  # the report leaves it out
        assert (first.mean, first.std) == (0.25, 1.5)
        assert first.histogram.model_dump() == {"low": -2.0, "high": 2.0, "shares": [0.33333, 0.0, 0.66667]}
        for unmeasured in module.dimensions[1:]:  # an old report, or a dimension that it leaves out
            assert (unmeasured.mean, unmeasured.std, unmeasured.histogram) == (None, None, None)


def test_model_without_a_report_has_nulls(client: TestClient) -> None:
    detail = ModelDetail.model_validate(client.get("/models/plain").json())
    known = [value for module in detail.modules for d in module.dimensions for value in (d.kl, d.active, d.sensitivity)]
    assert known
    assert set(known) == {None}


def test_unknown_model(client: TestClient, check_problem) -> None:
    for path in ("/models/nobody", "/models/nobody/examples", "/models/nobody/examples/x"):
        check_problem(client.get(path), 404, field="model", kind="model-unknown")


def test_examples(client: TestClient, check_problem) -> None:
    listed = ExampleList.model_validate(client.get("/models/tiny/examples").json())
    example = listed.examples[0].model_dump()
    assert (example["id"], example["label"], example["speaker"], example["f0"]) == ("vowel-1", "a", "s1", 120.0)
    assert "file" not in example
    answer = client.get("/models/tiny/examples/vowel-1")
    assert answer.headers["content-type"] == "audio/flac"
    waveform, rate = soundfile.read(io.BytesIO(answer.content))
    assert (len(waveform), rate) == (16_000, 16_000)
    assert np.abs(waveform).max() > 0.1
    check_problem(client.get("/models/tiny/examples/no-such"), 404, field="id", kind="example-unknown")
    assert client.get("/models/plain/examples").json() == {"examples": []}


def test_invalid_bundles_do_not_hide_valid_ones(
    start, tmp_path: Path, tiny: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(tiny, tmp_path / "good")
    for fault in ("cut", "version", "nonsense", "report"):
        shutil.copytree(tiny, tmp_path / fault)
    (tmp_path / "cut" / "encoder.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{")
    (tmp_path / "version" / "config.json").write_text('{"format_version": 99}')
    (tmp_path / "nonsense" / "config.json").write_bytes(b"\xff\xfe")
    (tmp_path / "report" / "report.json").write_text("[]")
    (tmp_path / "no-bundle").mkdir()
    with caplog.at_level(logging.WARNING, "backend.store.models"):
        client = start(models=(tmp_path,))
        assert names(client) == ["tiny", "good"]
        assert names(client) == ["tiny", "good"]
        assert client.get("/models/cut").status_code == 404
    logged = [record.getMessage() for record in caplog.records]
    for fault, file in (("cut", "encoder"), ("version", "config"), ("nonsense", "config"), ("report", "report")):
        messages = [message for message in logged if str(tmp_path / fault) in message]
        assert len(messages) == 1, "each fault is logged once"
        assert file in messages[0]


def test_new_repaired_and_removed_bundles_need_no_restart(start, tmp_path: Path, tiny: Path, bundle_maker) -> None:
    client = start(models=(tmp_path,))
    assert names(client) == ["tiny"]
    path = shutil.copytree(tiny, tmp_path / "mine")
    request = {"model": "mine", "module": 3, "seconds": 1, "base": "prior"}
    before = client.post("/decode", json=request).json()["audio"]  # requested by name, without a listing in between
    assert names(client) == ["tiny", "mine"]

    bundle_maker(path, preset("tiny"), seed=7)
    digests = [model["digest"] for model in client.get("/models").json()["models"]]
    assert digests[0] != digests[1]
    assert client.post("/decode", json=request).json()["audio"] != before

    (path / "encoder.safetensors").write_bytes(b"")
    assert names(client) == ["tiny"]
    bundle_maker(path, preset("tiny"), seed=8)
    assert names(client) == ["tiny", "mine"]

    shutil.rmtree(path)
    assert names(client) == ["tiny"]
    assert client.post("/decode", json=request).status_code == 404


def test_path_may_be_a_bundle_and_may_be_repeated(start, plain: Path) -> None:
    assert names(start(models=(plain, plain.parent, plain))) == ["tiny", "plain"]


def test_duplicate_and_invalid_names_are_skipped(
    start, tmp_path: Path, tiny: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("tiny", "with space", "-dash", "a" * 65, "fine-1.0_b"):
        shutil.copytree(tiny, tmp_path / name)
    with caplog.at_level(logging.WARNING, "backend.store.models"):
        assert names(start(models=(tmp_path,))) == ["tiny", "fine-1.0_b"]
    assert len([record for record in caplog.records if "skipped" in record.getMessage()]) == 4


def test_number_of_loaded_models_is_bounded(start, plain: Path, slow_rate: Path) -> None:
    client = start(models=(plain, slow_rate), models_loaded=1)
    for name in ("tiny", "plain", "tiny-8k", "tiny"):
        answer = client.post("/decode", json={"model": name, "module": 3, "seconds": 1, "base": "zero"})
        assert answer.status_code == 200, answer.text
    assert len(client.app.state.engine.models._models) == 1


def test_known_bundles_are_not_opened_again(client: TestClient) -> None:
    store = client.app.state.engine.models
    first, second = store.records(), store.records()
    assert len(first) == 3
    assert all(once is again for once, again in zip(first, second, strict=True))
