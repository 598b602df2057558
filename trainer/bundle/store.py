"""Saving and loading of bundles: a model as a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import torch
from pydantic import TypeAdapter

from trainer.bundle.files import BundleError, checked_path, parse, read_file, read_json, write_json
from trainer.bundle.schema import BundleConfig, Example, Provenance, Report
from trainer.bundle.typicality import TYPICALITY
from trainer.bundle.weights import ShapesOnly, load_network, save_weights
from trainer.config import Config
from trainer.model import SIM, Decoder, Model, Rotation, Whitening

FORMAT_VERSION = 1
DEMO = Path(__file__).parents[1] / "pretrained" / "demo"

_Network = TypeVar("_Network")

_CONFIG, _ENCODER, _WHITENING, _ROTATION, _REPORT, _EXAMPLES = (
    "config.json",
    "encoder.safetensors",
    "whitening.safetensors",
    "axes.safetensors",
    "report.json",
    "examples/examples.json",
)
_MAX_SAMPLES_RATIO = 16
"""A decoder makes at most this many times the samples that its frames cover."""
_MAX_EXAMPLE_BYTES = 32 << 20


def save(path: Path, model: Model, provenance: Provenance | None = None, *, dtype: torch.dtype = torch.float32) -> None:
    """Write `model` as a bundle to the folder `path`, weights as `dtype`. Each file is replaced atomically."""
    path.mkdir(parents=True, exist_ok=True)
    header = BundleConfig(format_version=FORMAT_VERSION, config=model.config, provenance=provenance or Provenance())
    save_weights(path / _ENCODER, model.encoder, dtype)
    for module in range(1, model.modules_count + 1):
        if model.has_decoder(module):
            save_weights(path / _decoder_name(module), model.decoders[str(module)], dtype)
    save_whitening(path, model.whitening)
    save_rotation(path, model.rotation)
    write_json(path / _CONFIG, header.model_dump(mode="json"))


def save_decoder(path: Path, model: Model, module: int) -> None:
    """Write the decoder of `module` to the bundle at `path`, and the model's configuration to its config.json."""
    save_weights(path / _decoder_name(module), model.decoders[str(module)], torch.float32)
    header = read_config(path)
    write_json(path / _CONFIG, header.model_copy(update={"config": model.config}).model_dump(mode="json"))


def save_whitening(path: Path, whitening: Whitening | None) -> None:
    """Write `whitening` to the bundle at `path`; None deletes it. Always float32, so that its inverse is accurate."""
    if whitening is None:
        (path / _WHITENING).unlink(missing_ok=True)
    else:
        save_weights(path / _WHITENING, whitening, torch.float32)


def save_rotation(path: Path, rotation: Rotation | None) -> None:
    """Write `rotation` to the bundle at `path`; None deletes it. Always float32, to remain orthonormal."""
    if rotation is None:
        (path / _ROTATION).unlink(missing_ok=True)
    else:
        save_weights(path / _ROTATION, rotation, torch.float32)


def decoder_modules(path: Path | str) -> list[int]:
    """The modules whose decoder is in the bundle at `path`. Raises BundleError."""
    modules = range(1, len(read_config(path).config.encoder.modules) + 1)
    return [module for module in modules if _exists(Path(path), _decoder_name(module))]


def load(path: Path | str) -> Model:
    """The model of the bundle at `path`, float32, in evaluation mode.

    Names, shapes and finiteness of the weights are checked. Raises BundleError naming the file and the error.
    """
    folder = Path(path)
    model = load_encoder(folder, read_config(folder).config)
    for module in decoder_modules(folder):
        load_network(partial(_new_decoder, model, module), folder, _decoder_name(module))
    model.whitening = _load_whitening(folder, model)
    model.rotation = _load_rotation(folder, model)
    return model.eval().requires_grad_(False)


def load_encoder(path: Path | str, config: Config) -> Model:
    """A model of `config` with the encoder of the bundle at `path` and no decoders. Raises BundleError."""
    with ShapesOnly():
        model = _construct(lambda: Model(config))
    model.encoder = load_network(lambda: SIM(config), Path(path), _ENCODER)
    return model.eval().requires_grad_(False)


def _load_whitening(folder: Path, model: Model) -> Whitening | None:
    if not _exists(folder, _WHITENING):
        return None
    whitening = load_network(lambda: Whitening(_dims(model)), folder, _WHITENING)
    if modules := whitening.ill_conditioned():
        raise BundleError(
            f"{_WHITENING}: the matrix of module {modules[0]} cannot be inverted; whiten the bundle again"
        )
    return whitening


def _dims(model: Model) -> list[int]:
    return [model.dims(module) for module in range(1, model.modules_count + 1)]


def _load_rotation(folder: Path, model: Model) -> Rotation | None:
    if not _exists(folder, _ROTATION):
        return None
    rotation = load_network(lambda: Rotation(_dims(model)), folder, _ROTATION)
    if modules := rotation.non_orthonormal():
        raise BundleError(f"{_ROTATION}: the basis of module {modules[0]} is not orthonormal")
    return rotation


def _new_decoder(model: Model, module: int) -> Decoder:
    """A decoder with initial weights, added to `model`. Raises BundleError if its rate is far from the module's."""
    decoder = _construct(lambda: model.add_decoder(module))
    samples = decoder.frames_per_hop * model.geometry[module - 1].hop
    if decoder.hop > _MAX_SAMPLES_RATIO * samples:
        raise BundleError(
            f"{_CONFIG}: decoder: makes {decoder.hop} samples where module {module} has {samples}; lower its strides"
        )
    return decoder


def _construct(make: Callable[[], _Network]) -> _Network:
    """`make()`. Raises BundleError if settings that are valid one by one are inconsistent."""
    try:
        return make()
    except (ValueError, RuntimeError, TypeError, OverflowError, ArithmeticError) as error:
        if isinstance(error, BundleError):
            raise
        raise BundleError(f"{_CONFIG}: {str(error)[:200]}") from error


def digest(path: Path | str) -> str:
    """SHA-256 (hex) of config.json and all weights: the model's identity. Results and examples do not count.

    Raises BundleError.
    """
    folder, total = Path(path), hashlib.sha256()
    weights = (file for file in folder.glob("*.safetensors") if file.name != TYPICALITY)
    for file in sorted([folder / _CONFIG, *weights]):
        try:
            with checked_path(folder, file.name).open("rb") as stream:
                total.update(file.name.encode() + b"\0" + hashlib.file_digest(stream, "sha256").digest())
        except OSError as error:
            raise BundleError(f"{file.name}: cannot be read") from error
    return total.hexdigest()


def read_config(path: Path | str) -> BundleConfig:
    """config.json of the bundle at `path`. Raises BundleError, also if its format version is unknown."""
    raw = read_json(Path(path), _CONFIG)
    version = raw.get("format_version") if isinstance(raw, dict) else None
    if version != FORMAT_VERSION:
        raise BundleError(
            f"{_CONFIG}: format version {version!r} is unknown (known: {FORMAT_VERSION}); update SIM Explorer"
        )
    return parse(TypeAdapter(BundleConfig), raw, _CONFIG)


def read_report(path: Path | str) -> Report | None:
    """report.json of the bundle at `path`, or None if it has none. Raises BundleError."""
    folder = Path(path)
    return parse(TypeAdapter(Report), read_json(folder, _REPORT), _REPORT) if _exists(folder, _REPORT) else None


def write_report(path: Path | str, report: Report) -> None:
    """Write report.json of the bundle at `path`, atomically."""
    write_json(Path(path) / _REPORT, report.model_dump(mode="json"))


def read_examples(path: Path | str) -> list[Example]:
    """The example clips of the bundle at `path`, whose files are in examples/. Raises BundleError."""
    folder = Path(path)
    if not _exists(folder, _EXAMPLES):
        return []
    examples = parse(TypeAdapter(list[Example]), read_json(folder, _EXAMPLES), _EXAMPLES)
    for example in examples:
        checked_path(folder, f"examples/{example.file}")
    return examples


def read_example(path: Path | str, example: Example) -> bytes:
    """Content of the FLAC file of an example of the bundle at `path`. Raises BundleError."""
    return read_file(Path(path), f"examples/{example.file}", _MAX_EXAMPLE_BYTES)


def _exists(folder: Path, name: str) -> bool:
    return (folder / name).exists() or (folder / name).is_symlink()


def _decoder_name(module: int) -> str:
    return f"decoder-{module}.safetensors"
