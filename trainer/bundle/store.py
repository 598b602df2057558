"""A folder as a model, and a model as a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import torch
from pydantic import TypeAdapter

from trainer.bundle.documents import BundleError, file_in, parse, read_file, read_json, write_json
from trainer.bundle.schema import BundleConfig, Example, Provenance, Report
from trainer.bundle.weights import Outline, load_network, save_weights
from trainer.config import Config
from trainer.model import SIM, Axes, Decoder, Model

FORMAT_VERSION = 1
DEMO = Path(__file__).parents[1] / "pretrained" / "demo"

_Made = TypeVar("_Made")

_CONFIG, _ENCODER, _AXES, _REPORT, _EXAMPLES = (
    "config.json",
    "encoder.safetensors",
    "axes.safetensors",
    "report.json",
    "examples/examples.json",
)
_MOST_SAMPLES_A_HOP = 16
_MOST_EXAMPLE_BYTES = 32 << 20


def save(path: Path, model: Model, provenance: Provenance | None = None, *, dtype: torch.dtype = torch.float32) -> None:
    """Write `model` as a bundle at `path`, weights as `dtype`; every file is replaced whole or not at all."""
    path.mkdir(parents=True, exist_ok=True)
    header = BundleConfig(format_version=FORMAT_VERSION, config=model.config, provenance=provenance or Provenance())
    save_weights(path / _ENCODER, model.encoder, dtype)
    for module in range(1, model.modules_count + 1):
        if model.has_decoder(module):
            save_weights(path / _decoder_name(module), model.decoders[str(module)], dtype)
    save_axes(path, model.axes)
    write_json(path / _CONFIG, header.model_dump(mode="json"))


def save_decoder(path: Path, model: Model, module: int) -> None:
    """Write one decoder of `model` into the bundle at `path`, and its settings into config.json."""
    save_weights(path / _decoder_name(module), model.decoders[str(module)], torch.float32)
    header = read_config(path)
    write_json(path / _CONFIG, header.model_copy(update={"config": model.config}).model_dump(mode="json"))


def save_axes(path: Path, axes: Axes | None) -> None:
    """Write the axes of the bundle at `path`; None is those it was trained with. They stay float32, for they are to
    stand at right angles.
    """
    if axes is None:
        (path / _AXES).unlink(missing_ok=True)
    else:
        save_weights(path / _AXES, axes, torch.float32)


def decoders_of(path: Path | str) -> list[int]:
    """The modules that have a decoder in the bundle at `path`."""
    modules = range(1, len(read_config(path).config.encoder.modules) + 1)
    return [module for module in modules if _is_there(Path(path), _decoder_name(module))]


def load(path: Path | str) -> Model:
    """The model of the bundle at `path`, in float32, ready to encode and decode. Raises BundleError."""
    folder = Path(path)
    model = load_encoder(folder, read_config(folder).config)
    for module in decoders_of(folder):
        load_network(partial(_decoder_of, model, module), folder, _decoder_name(module))
    model.axes = _axes(folder, model)
    return model.eval().requires_grad_(False)


def _axes(folder: Path, model: Model) -> Axes | None:
    if not _is_there(folder, _AXES):
        return None
    dims = [model.dims(module) for module in range(1, model.modules_count + 1)]
    axes = load_network(lambda: Axes(dims), folder, _AXES)
    if crooked := axes.crooked():
        raise BundleError(f"{_AXES}: the axes of module {crooked[0]} are not at right angles, each of length 1")
    return axes


def load_encoder(path: Path | str, config: Config) -> Model:
    """The bundle's encoder in a model of `config` that has no decoder yet. Raises BundleError."""
    with Outline():
        model = _faults_named(lambda: Model(config))
    model.encoder = load_network(lambda: SIM(config), Path(path), _ENCODER)
    return model.eval().requires_grad_(False)


def _decoder_of(model: Model, module: int) -> Decoder:
    """A fresh decoder, which `model` then has."""
    decoder = _faults_named(lambda: model.add_decoder(module))
    hop = decoder.grain * model.geometry[module - 1].hop
    if decoder.grain_samples > _MOST_SAMPLES_A_HOP * hop:
        raise BundleError(f"{_CONFIG}: decoder: makes {decoder.grain_samples} samples where module {module} has {hop}")
    return decoder


def _faults_named(make: Callable[[], _Made]) -> _Made:
    """What `make` makes. Raises BundleError where settings that hold one by one do not go together."""
    try:
        return make()
    except (ValueError, RuntimeError, TypeError, OverflowError, ArithmeticError) as error:
        if isinstance(error, BundleError):
            raise
        raise BundleError(f"{_CONFIG}: {str(error)[:200]}") from error


def digest(path: Path | str) -> str:
    """SHA-256 (hex) over config.json and the weights: what the model computes. Reports and examples may grow without
    changing it.
    """
    folder, total = Path(path), hashlib.sha256()
    for file in sorted([folder / _CONFIG, *folder.glob("*.safetensors")]):
        try:
            with file_in(folder, file.name).open("rb") as stream:
                total.update(file.name.encode() + b"\0" + hashlib.file_digest(stream, "sha256").digest())
        except OSError as error:
            raise BundleError(f"{file.name}: cannot be read") from error
    return total.hexdigest()


def read_config(path: Path | str) -> BundleConfig:
    """config.json of the bundle at `path`. Raises BundleError, also for a format version this code does not know."""
    raw = read_json(Path(path), _CONFIG)
    version = raw.get("format_version") if isinstance(raw, dict) else None
    if version != FORMAT_VERSION:
        raise BundleError(
            f"{_CONFIG}: format version {version!r} is unknown (known: {FORMAT_VERSION}); update SIM Explorer"
        )
    return parse(TypeAdapter(BundleConfig), raw, _CONFIG)


def read_report(path: Path | str) -> Report | None:
    """report.json of the bundle at `path`, or None where nothing has been analysed. Raises BundleError."""
    folder = Path(path)
    return parse(TypeAdapter(Report), read_json(folder, _REPORT), _REPORT) if _is_there(folder, _REPORT) else None


def write_report(path: Path | str, report: Report) -> None:
    write_json(Path(path) / _REPORT, report.model_dump(mode="json"))


def read_examples(path: Path | str) -> list[Example]:
    """The example clips of the bundle at `path`; none is an empty list. Their files lie in examples/. Raises
    BundleError.
    """
    folder = Path(path)
    if not _is_there(folder, _EXAMPLES):
        return []
    examples = parse(TypeAdapter(list[Example]), read_json(folder, _EXAMPLES), _EXAMPLES)
    for example in examples:
        file_in(folder, f"examples/{example.file}")
    return examples


def read_example(path: Path | str, example: Example) -> bytes:
    """The FLAC file of an example of the bundle at `path`. Raises BundleError."""
    return read_file(Path(path), f"examples/{example.file}", _MOST_EXAMPLE_BYTES)


def _is_there(folder: Path, name: str) -> bool:
    return (folder / name).exists() or (folder / name).is_symlink()


def _decoder_name(module: int) -> str:
    return f"decoder-{module}.safetensors"
