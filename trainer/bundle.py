"""A trained model on disk: a folder of JSON and safetensors, nothing that can run code.

config.json            format version, the whole configuration, provenance
encoder.safetensors    decoder-1.safetensors ...
report.json            what analysis found out        (optional)
examples/              *.flac and examples.json       (optional)
MODEL_CARD.md          for people                     (optional)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import torch
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as serialise
from torch import nn

from trainer.config import Config, Frozen
from trainer.model import Model

FORMAT_VERSION = 1
DEMO = Path(__file__).parent / "pretrained" / "demo"

_CONFIG, _ENCODER, _REPORT, _EXAMPLES = (
    "config.json",
    "encoder.safetensors",
    "report.json",
    Path("examples") / "examples.json",
)
_IDENTIFIER = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"
_MAX_JSON_BYTES = 64 << 20
_Parsed = TypeVar("_Parsed")


class BundleError(ValueError):
    """A bundle that cannot be used; names the file and the fault."""


class CorpusNote(Frozen):
    """What a model learnt from, and what its licence asks."""

    name: str
    title: str = ""
    recordings: int
    minutes: float
    speakers: int | None = None
    held_out: tuple[str, ...] = ()
    split_by: str = ""
    licence: str = ""
    attribution: str = ""


class Provenance(Frozen):
    """Where a model came from: enough to train it again."""

    code_version: str = ""
    seed: int = 0
    corpora: tuple[CorpusNote, ...] = ()
    licence: str = ""
    notes: str = ""


class BundleConfig(Frozen):
    """config.json."""

    format_version: int
    config: Config
    provenance: Provenance = Provenance()


class FactorLabel(Frozen):
    """Information about a factor in one dimension, in bits, with its interval."""

    factor: str
    bits: float
    low: float
    high: float


class DimensionReport(Frozen):
    """One dimension: mean KL (nats a frame; null where deterministic) and decoder sensitivity (dB of log-mel per
    unit).
    """

    dim: int = Field(ge=0)
    kl: float | None = Field(default=None, allow_inf_nan=False)
    active: bool
    sensitivity: float | None = Field(default=None, allow_inf_nan=False)
    labels: tuple[FactorLabel, ...] = ()


class PriorReport(Frozen):
    """How far the corpus lies from zero: quantiles 0, 1 .. 100 % of a frame's root mean square posterior mean."""

    frame_rms_quantiles: tuple[float, ...] = Field(min_length=2)


class ModuleReport(Frozen):
    """One module's dimensions and its distance scale."""

    module: int = Field(ge=1)
    frames: int = Field(default=0, ge=0)
    dimensions: tuple[DimensionReport, ...]
    prior: PriorReport | None = None


class Report(BaseModel):
    """report.json. Later analyses add keys of their own, which an older reader keeps."""

    model_config = {"extra": "allow", "frozen": True}

    modules: tuple[ModuleReport, ...] = ()


class Phone(Frozen):
    """A phone of an example, in seconds."""

    phone: str
    start: float
    end: float


class Example(Frozen):
    """An example clip that ships with a bundle."""

    id: str = Field(pattern=_IDENTIFIER)
    file: str = Field(pattern=_IDENTIFIER)
    label: str
    duration: float
    speaker: str | None = None
    f0: float | None = None
    formant_scale: float | None = None
    rate: float | None = None
    phones: tuple[Phone, ...] = ()


def save(path: Path, model: Model, provenance: Provenance | None = None, *, dtype: torch.dtype = torch.float32) -> None:
    """Write `model` as a bundle at `path`, weights as `dtype`; every file is replaced whole or not at all."""
    path.mkdir(parents=True, exist_ok=True)
    header = BundleConfig(format_version=FORMAT_VERSION, config=model.config, provenance=provenance or Provenance())
    _save_weights(path / _ENCODER, model.encoder, dtype)
    for module in range(1, model.modules_count + 1):
        if model.has_decoder(module):
            _save_weights(path / _decoder_name(module), model.decoders[str(module)], dtype)
    write_json(path / _CONFIG, header.model_dump(mode="json"))


def save_decoder(path: Path, model: Model, module: int) -> None:
    """Write one decoder of `model` into the bundle at `path`, and its settings into config.json."""
    _save_weights(path / _decoder_name(module), model.decoders[str(module)], torch.float32)
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
        _load_weights(decoder, file)
    return model.eval().requires_grad_(False)


def load_encoder(path: Path | str, config: Config) -> Model:
    """The bundle's encoder in a model of `config` that has no decoder yet. Raises BundleError."""
    model = Model(config)
    _load_weights(model.encoder, Path(path) / _ENCODER)
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
    raw = _read_json(Path(path) / _CONFIG)
    version = raw.get("format_version") if isinstance(raw, dict) else None
    if version != FORMAT_VERSION:
        raise BundleError(
            f"{_CONFIG}: format version {version!r} is unknown (known: {FORMAT_VERSION}); update SIM Explorer"
        )
    return _parse(TypeAdapter(BundleConfig), raw, _CONFIG)


def read_report(path: Path | str) -> Report | None:
    """report.json of the bundle at `path`, or None where nothing has been analysed. Raises BundleError."""
    file = Path(path) / _REPORT
    return _parse(TypeAdapter(Report), _read_json(file), _REPORT) if file.exists() else None


def write_report(path: Path | str, report: Report) -> None:
    write_json(Path(path) / _REPORT, report.model_dump(mode="json"))


def read_examples(path: Path | str) -> list[Example]:
    """The example clips of the bundle at `path`; none is an empty list. Their files lie in examples/. Raises
    BundleError.
    """
    file = Path(path) / _EXAMPLES
    if not file.exists():
        return []
    examples = _parse(TypeAdapter(list[Example]), _read_json(file), str(_EXAMPLES))
    for example in examples:
        if not (file.parent / example.file).is_file():
            raise BundleError(f"{_EXAMPLES}: example {example.id} names {example.file}, which is not in examples/")
    return examples


def write_json(path: Path, value: Any) -> None:
    """`value` as readable JSON at `path`, replaced whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    partial.replace(path)


def _decoder_name(module: int) -> str:
    return f"decoder-{module}.safetensors"


def _save_weights(path: Path, network: nn.Module, dtype: torch.dtype) -> None:
    tensors = {
        name: (value.to(dtype) if value.is_floating_point() else value).detach().cpu().contiguous()
        for name, value in network.state_dict().items()
    }
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(serialise(tensors))
    partial.replace(path)


def _load_weights(network: nn.Module, path: Path) -> None:
    try:
        tensors = load_file(path)
    except FileNotFoundError as error:
        raise BundleError(f"{path.name}: the file is missing") from error
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise BundleError(f"{path.name}: not a readable safetensors file") from error
    wanted = network.state_dict()
    _same_names(path.name, wanted, tensors)
    for name, value in tensors.items():
        if value.shape != wanted[name].shape:
            raise BundleError(
                f"{path.name}: {name} has shape {list(value.shape)}, config.json asks for {list(wanted[name].shape)}"
            )
        if value.is_floating_point() != wanted[name].is_floating_point():
            raise BundleError(f"{path.name}: {name} has type {value.dtype}")
        if value.is_floating_point() and not torch.isfinite(value).all():
            raise BundleError(f"{path.name}: {name} holds values that are not finite")
    network.load_state_dict(tensors)


def _same_names(file: str, wanted: dict[str, torch.Tensor], found: dict[str, torch.Tensor]) -> None:
    for fault, names in (
        ("lacks", sorted(wanted.keys() - found.keys())),
        ("has the unknown", sorted(found.keys() - wanted.keys())),
    ):
        if names:
            raise BundleError(f"{file}: {fault} tensor {_first(names)}")


def _first(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _read_json(path: Path) -> Any:
    try:
        if path.stat().st_size > _MAX_JSON_BYTES:
            raise BundleError(f"{path.name}: larger than {_MAX_JSON_BYTES >> 20} MiB")
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BundleError(f"{path.name}: the file is missing") from error
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, BundleError):
            raise
        raise BundleError(f"{path.name}: not readable as JSON") from error


def _parse(adapter: TypeAdapter[_Parsed], raw: Any, file: str) -> _Parsed:
    try:
        return adapter.validate_python(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise BundleError(f"{file}: {where}: {first['msg']}") from error
