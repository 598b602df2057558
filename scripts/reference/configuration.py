"""Reference of the configuration keys and presets."""

from __future__ import annotations

import inspect

from pydantic import BaseModel

from scripts.reference.markdown import page, paragraphs, table
from scripts.reference.models import model_section
from trainer import config
from trainer.config.frozen import RENAMED
from trainer.config.presets import _PRESETS

ORDER = (
    config.Config,
    config.EncoderConfig,
    config.ModuleConfig,
    config.FilterbankConfig,
    config.ConvLayer,
    config.ContextConfig,
    config.ObjectiveConfig,
    config.DimNoiseConfig,
    config.SupervisedConfig,
    config.FramePrediction,
    config.TimePrediction,
    config.AugmentationConfig,
    config.PooledInfoNCEConfig,
    config.TrainingConfig,
)


def render() -> str:
    """The page."""
    sections = [model_section(model, f"## {model.__name__}") for model in models()]
    renamed = table(["old name", "name"], ([f"`{old}`", f"`{new}`"] for old, new in RENAMED.items()))
    presets = f"{presets_table()}\n{_preset_notes()}"
    return page("configuration", presets=presets, models="\n".join(sections), renamed=renamed)


def models() -> list[type[BaseModel]]:
    """Every configuration model, the most important first."""
    classes = filter(inspect.isclass, (getattr(config, name) for name in config.__all__))
    others = [one for one in classes if issubclass(one, BaseModel) and one is not config.Frozen]
    return list(dict.fromkeys([*ORDER, *others]))


def presets_table() -> str:
    """Size, objective and training of each preset."""
    rows = []
    for name in config.PRESETS:
        preset = config.preset(name)
        dims = "/".join(str(module.dims) for module in preset.encoder.modules)
        hidden = "/".join(str(module.hidden) for module in preset.encoder.modules)
        steps = f"{preset.training.steps} x {preset.training.batch_size}"
        decoder = f"{preset.decoder.kind}, {preset.decoder_training.steps} steps"
        rows.append([f"`{name}`", dims, hidden, preset.objective.kind, steps, decoder])
    head = ["preset", "dimensions per layer", "channels per layer", "objective", "steps x batch size", "decoder"]
    return table(head, rows)


def _preset_notes() -> str:
    """What the docstring of each preset says."""
    notes = []
    for name in config.PRESETS:
        text = paragraphs(inspect.getdoc(_PRESETS[name]))
        notes.append(f"### {name}\n\n{text}\n")
    return "\n".join(notes)
