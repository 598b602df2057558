"""What a model is made of and how it was trained: frozen, validated, saved whole in every bundle.

    config = preset("demo")
    config = override(config, {"training.steps": 2000, "training.seed": 1})

A preset differs from another in nothing but these values. `sim` and `gim` hold the paper's (SIM: Denoodt et al.,
arXiv 2408.12936; GIM: Löwe et al., arXiv 1905.11786); where `demo` differs, its docstring says why.
"""

from trainer.config.config import Config, TrainingConfig, override
from trainer.config.decoder import (
    AdversarialConfig,
    DecoderConfig,
    DecoderLossConfig,
    PaperDecoderConfig,
    SpectralDecoderConfig,
    TransposedLayer,
)
from trainer.config.encoder import ContextConfig, ConvLayer, EncoderConfig, FilterbankConfig, ModuleConfig
from trainer.config.frozen import Frozen
from trainer.config.objective import (
    DimNoiseConfig,
    FrameDistances,
    Objective,
    ObjectiveConfig,
    PooledConfig,
    SupervisedConfig,
    TimeDistances,
    ViewsConfig,
)
from trainer.config.presets import PRESETS, preset

__all__ = [
    "PRESETS",
    "AdversarialConfig",
    "Config",
    "ContextConfig",
    "ConvLayer",
    "DecoderConfig",
    "DecoderLossConfig",
    "DimNoiseConfig",
    "EncoderConfig",
    "FilterbankConfig",
    "FrameDistances",
    "Frozen",
    "ModuleConfig",
    "Objective",
    "ObjectiveConfig",
    "PaperDecoderConfig",
    "PooledConfig",
    "SpectralDecoderConfig",
    "SupervisedConfig",
    "TimeDistances",
    "TrainingConfig",
    "TransposedLayer",
    "ViewsConfig",
    "override",
    "preset",
]
