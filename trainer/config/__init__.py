"""The configuration of a model and of its training: frozen, validated, and saved in every bundle.

    config = preset("demo")
    config = override(config, {"training.steps": 2000, "training.seed": 1})

Presets differ in values only. `sim` and `gim` have those of the papers (SIM: Denoodt et al., arXiv 2408.12936; GIM:
Löwe et al., arXiv 1905.11786); the docstrings of the others list their differences.
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
    AugmentationConfig,
    DimNoiseConfig,
    FramePrediction,
    Objective,
    ObjectiveConfig,
    PooledInfoNCEConfig,
    SupervisedConfig,
    TimePrediction,
)
from trainer.config.presets import PRESETS, preset

__all__ = [
    "PRESETS",
    "AdversarialConfig",
    "AugmentationConfig",
    "Config",
    "ContextConfig",
    "ConvLayer",
    "DecoderConfig",
    "DecoderLossConfig",
    "DimNoiseConfig",
    "EncoderConfig",
    "FilterbankConfig",
    "FramePrediction",
    "Frozen",
    "ModuleConfig",
    "Objective",
    "ObjectiveConfig",
    "PaperDecoderConfig",
    "PooledInfoNCEConfig",
    "SpectralDecoderConfig",
    "SupervisedConfig",
    "TimePrediction",
    "TrainingConfig",
    "TransposedLayer",
    "override",
    "preset",
]
