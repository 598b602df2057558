"""A folder as a model, and a model as a folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from pydantic import TypeAdapter

from trainer.bundle.documents import BundleError, parse, read_json, write_json
from trainer.bundle.schema import BundleConfig, Example, Provenance, Report
from trainer.bundle.weights import load_weights, save_weights
from trainer.config import Config
from trainer.model import Model

FORMAT_VERSION = 1
DEMO = Path(__file__).parents[1] / "pretrained" / "demo"

_CONFIG, _ENCODER, _REPORT, _EXAMPLES = (
    "config.json",
    "encoder.safetensors",
    "report.json",
    Path("examples") / "examples.json",
)


def save(path: Path, model: Model, provenance: Provenance | None = None, *, dtype: torch.dtype = torch.float32) -> None:
    """Write `model` as a bundle at `path`, weights as `dtype`; every file is replaced whole or not at all."""
    path.mkdir(parents=True, exist_ok=True)
    header = BundleConfig(format_version=FORMAT_VERSION, config=model.config, provenance=provenance or Provenance())
    save_weights(path / _ENCODER, model.encoder, dtype)
    for module in range(1, model.modules_count + 1):
        if model.has_decoder(module):
            save_weights(path / _decoder_name(module), model.decoders[str(module)], dtype)
    write_json(path / _CONFIG, header.model_dump(mode="json"))


def save_decoder(path: Path, model: Model, module: int) -> None:
    """Write one decoder of `model` into the bundle at `path`, and its settings into config.json."""
    save_weights(path / _decoder_name(module), model.decoders[str(module)], torch.float32)
    header = read_config(path)
    write_json(path / _CONFIG, header.model_copy(update={"config": model.config}).model_dump(mode="json"))


def decoders_of(path: Path | str) -> list[int]:
    """The modules that have a decoder in the bundle at `path`."""
    modules = range(1, len(read_config(path).config.encoder.modules) + 1)
    return [module for module in modules if (Path(path) / _decoder_name(module)).exists()]


def load(path: Path | str) -> Model:
    """The model of the bundle at `path`, in float32, ready to encode and decode. Raises BundleError."""
    folder = Path(path)
    model = load_encoder(folder, read_config(folder).config)
    for module in decoders_of(folder):
        file = folder / _decoder_name(module)
        try:
            decoder = model.add_decoder(module)
        except ValueError as error:
            raise BundleError(f"{_CONFIG}: {error}") from error
        load_weights(decoder, file)
    return model.eval().requires_grad_(False)


def load_encoder(path: Path | str, config: Config) -> Model:
    """The bundle's encoder in a model of `config` that has no decoder yet. Raises BundleError."""
    model = Model(config)
    load_weights(model.encoder, Path(path) / _ENCODER)
    return model.eval().requires_grad_(False)


def digest(path: Path | str) -> str:
    """SHA-256 (hex) over config.json and the weights: what the model computes. Reports and examples may grow without
    changing it.
    """
    folder, total = Path(path), hashlib.sha256()
    for file in sorted([folder / _CONFIG, *folder.glob("*.safetensors")]):
        try:
            with file.open("rb") as stream:
                total.update(file.name.encode() + b"\0" + hashlib.file_digest(stream, "sha256").digest())
        except OSError as error:
            raise BundleError(f"{file.name}: cannot be read") from error
    return total.hexdigest()


def read_config(path: Path | str) -> BundleConfig:
    """config.json of the bundle at `path`. Raises BundleError, also for a format version this code does not know."""
    raw = read_json(Path(path) / _CONFIG)
    version = raw.get("format_version") if isinstance(raw, dict) else None
    if version != FORMAT_VERSION:
        raise BundleError(
            f"{_CONFIG}: format version {version!r} is unknown (known: {FORMAT_VERSION}); update SIM Explorer"
        )
    return parse(TypeAdapter(BundleConfig), raw, _CONFIG)


def read_report(path: Path | str) -> Report | None:
    """report.json of the bundle at `path`, or None where nothing has been analysed. Raises BundleError."""
    file = Path(path) / _REPORT
    return parse(TypeAdapter(Report), read_json(file), _REPORT) if file.exists() else None


def write_report(path: Path | str, report: Report) -> None:
    write_json(Path(path) / _REPORT, report.model_dump(mode="json"))


def read_examples(path: Path | str) -> list[Example]:
    """The example clips of the bundle at `path`; none is an empty list. Their files lie in examples/. Raises
    BundleError.
    """
    file = Path(path) / _EXAMPLES
    if not file.exists():
        return []
    examples = parse(TypeAdapter(list[Example]), read_json(file), str(_EXAMPLES))
    for example in examples:
        if not (file.parent / example.file).is_file():
            raise BundleError(f"{_EXAMPLES}: example {example.id} names {example.file}, which is not in examples/")
    return examples


def _decoder_name(module: int) -> str:
    return f"decoder-{module}.safetensors"
