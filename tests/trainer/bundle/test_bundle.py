"""Saving and loading of bundles, reports, examples and ensembles."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.trainer.example_ensemble import similar_ensemble
from trainer import bundle
from trainer.bundle import BundleError
from trainer.config import preset
from trainer.model import Model, Rotation

WAVE = np.random.default_rng(0).normal(size=8000).astype(np.float32) * 0.1


@pytest.fixture
def model() -> Model:
    torch.manual_seed(0)
    model = Model(preset("tiny"))
    for module in (1, 2, 3):
        model.add_decoder(module)
    return model.eval()


@pytest.fixture
def folder(model: Model, tmp_path: Path) -> Path:
    bundle.save(tmp_path / "m", model, bundle.Provenance(seed=3))
    return tmp_path / "m"


def test_loaded_model_equals_saved_model(folder: Path, model: Model) -> None:
    loaded = bundle.load(folder)
    assert loaded.config == model.config
    assert bundle.read_config(folder).provenance.seed == 3
    for before, after in zip(model.encode(WAVE), loaded.encode(WAVE), strict=True):
        assert torch.equal(before.mean, after.mean)
    latents = model.encode(WAVE)[2].mean
    assert torch.equal(model.decode(3, latents, 8000), loaded.decode(3, latents, 8000))


def test_half_precision_is_close(model: Model, tmp_path: Path) -> None:
    bundle.save(tmp_path / "half", model, dtype=torch.float16)
    loaded = bundle.load(tmp_path / "half")
    assert next(loaded.parameters()).dtype == torch.float32
    for before, after in zip(model.encode(WAVE), loaded.encode(WAVE), strict=True):
        assert torch.allclose(before.mean, after.mean, atol=0.02)


def test_bundle_has_only_json_and_safetensors(folder: Path) -> None:
    assert {file.suffix for file in folder.iterdir()} == {".json", ".safetensors"}


def test_digest_depends_on_weights_and_not_on_report(folder: Path) -> None:
    first = bundle.digest(folder)
    bundle.write_report(folder, bundle.Report())
    assert bundle.digest(folder) == first
    weights = load_file(folder / "encoder.safetensors")
    weights["stack.0.mean.bias"] = weights["stack.0.mean.bias"] + 1
    save_file(weights, folder / "encoder.safetensors")
    assert bundle.digest(folder) != first


def random_reference(frames: int = 20) -> bundle.TypicalityReference:
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(frames, 8, generator=generator).half().float()
    return bundle.TypicalityReference(values, torch.full((8,), 0.5), torch.linspace(1, 3, 101))


def test_reference_frames_are_no_part_of_the_identity(folder: Path) -> None:
    assert bundle.read_typicality(folder, [8, 8, 8]) == {}
    digest, reference = bundle.digest(folder), random_reference()
    bundle.save_typicality(folder, {1: random_reference(), 3: reference})
    assert bundle.digest(folder) == digest
    found = bundle.read_typicality(folder, [8, 8, 8])
    assert sorted(found) == [1, 3]
    for name in ("frames", "scale", "quantiles"):
        assert torch.equal(getattr(found[3], name), getattr(reference, name))
    bundle.save_typicality(folder, {})
    assert not (folder / "typicality.safetensors").exists()


def test_reference_frames_of_other_latents_are_ignored(folder: Path, model: Model) -> None:
    bundle.save_typicality(folder, {3: random_reference()})
    bundle.save_decoder(folder, model, 3)
    assert bundle.read_typicality(folder, [8, 8, 8]), "a decoder changes no latents"
    bundle.save_rotation(folder, Rotation([8, 8, 8]))
    assert bundle.read_typicality(folder, [8, 8, 8]) == {}
    bundle.save_rotation(folder, None)
    assert bundle.read_typicality(folder, [8, 8, 8])


TYPICALITY_ERRORS = {
    "lacks tensor module-3.scale": lambda t: t.pop("module-3.scale"),
    "has the unknown tensor module-4.frames": lambda t: t.update({"module-4.frames": torch.zeros(9, 8)}),
    "lacks tensor latents_digest": lambda t: t.pop("latents_digest"),
    r"module-3.frames has shape \[20, 7\]": lambda t: t.update({"module-3.frames": torch.zeros(20, 7)}),
    r"module-3.frames has shape \[4, 8\]": lambda t: t.update({"module-3.frames": torch.zeros(4, 8)}),
    r"module-3.frames has shape \[1025, 8\]": lambda t: t.update({"module-3.frames": torch.zeros(1025, 8)}),
    "module-3.frames has values that are not finite": lambda t: t["module-3.frames"].fill_(torch.nan),
    "module-3.scale must be positive": lambda t: t["module-3.scale"].zero_(),
    "module-3.quantiles must not be negative or decrease": lambda t: t["module-3.quantiles"].neg_(),
}


@pytest.mark.parametrize("message", TYPICALITY_ERRORS)
def test_invalid_reference_frames_raise(folder: Path, message: str) -> None:
    bundle.save_typicality(folder, {3: random_reference()})
    tensors = load_file(folder / "typicality.safetensors")
    TYPICALITY_ERRORS[message](tensors)
    save_file(tensors, folder / "typicality.safetensors")
    with pytest.raises(BundleError, match=f"typicality.safetensors: {message}"):
        bundle.read_typicality(folder, [8, 8, 8])


def write_dimension(folder: Path, **fields: object) -> None:
    dimension = {"dim": 0, "active": True, **fields}
    (folder / "report.json").write_text(json.dumps({"modules": [{"module": 1, "dimensions": [dimension]}]}))


HISTOGRAM = {"low": -1.0, "high": 1.0, "counts": [1, 0, 3]}


def test_distribution_of_dimension_is_optional(folder: Path) -> None:
    write_dimension(folder)
    dimension = bundle.read_report(folder).modules[0].dimensions[0]
    assert (dimension.mean, dimension.std, dimension.histogram) == (None, None, None)
    write_dimension(folder, mean=0.5, std=1.0, histogram=HISTOGRAM)
    assert bundle.read_report(folder).modules[0].dimensions[0].histogram.shares == [0.25, 0.0, 0.75]


@pytest.mark.parametrize("change", [{"counts": []}, {"counts": [0, 0]}, {"counts": [1, -1]}, {"low": 1.0}])
def test_invalid_histogram_raises(folder: Path, change: dict[str, object]) -> None:
    write_dimension(folder, histogram=HISTOGRAM | change)
    with pytest.raises(BundleError, match=r"report.json: modules\.0\.dimensions\.0\.histogram"):
        bundle.read_report(folder)


def test_decoders_are_optional(folder: Path) -> None:
    (folder / "decoder-2.safetensors").unlink()
    loaded = bundle.load(folder)
    assert [loaded.has_decoder(module) for module in (1, 2, 3)] == [True, False, True]


def change_weights(folder: Path, change) -> None:
    weights = load_file(folder / "encoder.safetensors")
    change(weights)
    save_file(weights, folder / "encoder.safetensors")


def change_config(folder: Path, change) -> None:
    raw = json.loads((folder / "config.json").read_text())
    change(raw)
    (folder / "config.json").write_text(json.dumps(raw))


ERRORS = {
    "encoder.safetensors: the file is missing": lambda f: (f / "encoder.safetensors").unlink(),
    "config.json: the file is missing": lambda f: (f / "config.json").unlink(),
    "config.json: not readable": lambda f: (f / "config.json").write_text("{"),
    "config.json: format version 99": lambda f: change_config(f, lambda raw: raw.update(format_version=99)),
    "config.json: format version None": lambda f: (f / "config.json").write_text("[]"),
    "config.json: config.sample_rate": lambda f: change_config(f, lambda raw: raw["config"].update(sample_rate="fast")),
    "encoder.safetensors: not a readable": lambda f: (f / "encoder.safetensors").write_bytes(b"\xff" * 100),
    "encoder.safetensors: lacks tensor stack.0.mean.bias": lambda f: change_weights(
        f, lambda w: w.pop("stack.0.mean.bias")
    ),
    "encoder.safetensors: has the unknown tensor extra": lambda f: change_weights(
        f, lambda w: w.update(extra=torch.zeros(1))
    ),
    r"stack.0.mean.bias has shape \[3\]": lambda f: change_weights(
        f, lambda w: w.update({"stack.0.mean.bias": torch.zeros(3)})
    ),
    "stack.0.mean.bias has values that are not finite": lambda f: change_weights(
        f, lambda w: w.update({"stack.0.mean.bias": torch.full((8,), float("nan"))})
    ),
    "stack.0.mean.bias has type": lambda f: change_weights(
        f, lambda w: w.update({"stack.0.mean.bias": torch.zeros(8, dtype=torch.int64)})
    ),
}


@pytest.mark.parametrize("message", ERRORS)
def test_error_names_file_and_not_folder(folder: Path, message: str) -> None:
    ERRORS[message](folder)
    with pytest.raises(BundleError, match=message) as caught:
        bundle.load(folder)
    assert str(folder) not in str(caught.value)


def test_truncated_weights_raise(folder: Path) -> None:
    data = (folder / "encoder.safetensors").read_bytes()
    for size in (0, 4, 100, len(data) // 2, len(data) - 1):
        (folder / "encoder.safetensors").write_bytes(data[:size])
        with pytest.raises(BundleError, match=r"encoder\.safetensors"):
            bundle.load(folder)


def test_reports_and_examples_are_validated(folder: Path) -> None:
    assert bundle.read_report(folder) is None
    assert bundle.read_examples(folder) == []
    (folder / "report.json").write_text('{"modules": [], "later": {"x": 1}}')
    report = bundle.read_report(folder)
    bundle.write_report(folder, report)
    assert json.loads((folder / "report.json").read_text())["later"] == {"x": 1}
    (folder / "report.json").write_text('{"modules": [{"module": 0}]}')
    with pytest.raises(BundleError, match=r"report.json: modules\.0"):
        bundle.read_report(folder)
    (folder / "examples").mkdir()
    listing = folder / "examples" / "examples.json"
    listing.write_text(json.dumps([{"id": "a", "file": "../config.json", "label": "a", "duration": 1.0}]))
    with pytest.raises(BundleError, match="file"):
        bundle.read_examples(folder)
    listing.write_text(json.dumps([{"id": "a", "file": "a.flac", "label": "a", "duration": 1.0}]))
    with pytest.raises(BundleError, match=r"a\.flac"):
        bundle.read_examples(folder)


def test_ensemble_is_read_with_old_key_names(tmp_path: Path) -> None:
    ensemble = similar_ensemble([("first", "a" * 64), ("second", "b" * 64)])
    bundle.write_ensemble(tmp_path, ensemble)
    raw = json.loads((tmp_path / "ensemble.json").read_text())
    raw["side"], raw["moments"] = raw.pop("split"), raw.pop("frames")
    (tmp_path / "ensemble.json").write_text(json.dumps(raw))
    assert bundle.read_ensemble(tmp_path) == ensemble
