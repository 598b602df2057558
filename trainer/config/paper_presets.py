"""Presets of published models and their baselines: `sim`, `gim`, `cpc`, `supervised`, `untrained`."""

from __future__ import annotations

from trainer.config.config import Config, TrainingConfig
from trainer.config.decoder import DecoderLossConfig, PaperDecoderConfig, TransposedLayer
from trainer.config.encoder import ContextConfig, ConvLayer, EncoderConfig, ModuleConfig
from trainer.config.objective import FramePrediction, ObjectiveConfig, SupervisedConfig

_CONVS = (((10, 5, 2), (8, 4, 2)), ((4, 2, 2), (4, 2, 2)), ((4, 2, 1),))
"""Kernel, stride and padding of the convolutions of each module."""
_DECODER_LAYERS = (
    ((8, 4, 2, 3), (3, 1, 1, 0), (3, 1, 1, 0), (10, 5, 2, 4), (3, 1, 1, 0), (3, 1, 1, 0)),
    ((4, 2, 2, 0), (4, 2, 2, 1), (8, 4, 2, 3), (10, 5, 2, 4)),
    ((4, 2, 1, 1), (4, 2, 2, 0), (4, 2, 2, 1), (8, 4, 2, 3), (10, 5, 2, 4)),
)
"""Kernel, stride, padding and output padding of the decoder's layers for each module."""


def _convs(layers: tuple[tuple[int, int, int], ...]) -> tuple[ConvLayer, ...]:
    return tuple(ConvLayer(kernel=k, stride=s, padding=p) for k, s, p in layers)


def paper_modules(hidden: int, dims: int) -> tuple[ModuleConfig, ...]:
    """The three modules of the SIM paper, with `hidden` channels and `dims` latent dimensions each."""
    return tuple(ModuleConfig(convs=_convs(layers), hidden=hidden, dims=dims) for layers in _CONVS)


def _paper_decoder(channels: int) -> PaperDecoderConfig:
    layers = tuple(
        tuple(TransposedLayer(kernel=k, stride=s, padding=p, output_padding=o) for k, s, p, o in module)
        for module in _DECODER_LAYERS
    )
    return PaperDecoderConfig(channels=channels, layers=layers)


def sim() -> Config:
    """Smooth InfoMax (Denoodt et al., arXiv 2408.12936) on the Artificial Speech Dataset.

    The published beta of 0.01 weighs a KL summed over time and averaged over channels. For the KL used here it is
    0.01 x frames / dims of each module (511, 129 and 64 frames of a 10 240-sample crop, 512 dims). 1000 epochs of 680
    words in batches of 64 are 10 600 steps. Two differences from the paper: 32 negatives from the batch are shared by
    all anchors, instead of 10 for each, and bfloat16 is used where the hardware has it.
    """
    training = TrainingConfig(steps=10_600, batch_size=64, crop_samples=10_240, learning_rate=2e-4, precision="auto")
    return Config(
        preset="sim",
        encoder=EncoderConfig(modules=paper_modules(512, 512), context=ContextConfig(hidden=256)),
        objective=ObjectiveConfig(
            prediction=FramePrediction(steps=10), negatives=32, window=128, beta=(0.00998, 0.00252, 0.00125)
        ),
        training=training,
        decoder=_paper_decoder(512),
        decoder_loss=DecoderLossConfig(waveform=1.0, log_mel=1.0, stft=0.0),
        decoder_training=training.model_copy(update={"steps": 2_200, "precision": "32-true"}),
    )


def gim() -> Config:
    """Greedy InfoMax (Löwe et al., arXiv 1905.11786): `sim` without the posterior and its KL."""
    config = sim()
    return config.model_copy(
        update={
            "preset": "gim",
            "encoder": config.encoder.model_copy(update={"probabilistic": False}),
            "objective": config.objective.model_copy(update={"beta": (0.0, 0.0, 0.0)}),
        }
    )


def cpc() -> Config:
    """Contrastive predictive coding (van den Oord et al., arXiv 1807.03748): `gim` as one module, with one InfoNCE, of
    the GRU. Its gradient reaches all convolutions, so they need He initialisation and gradient clipping.
    """
    config = gim()
    (first, *_) = config.encoder.modules
    module = first.model_copy(update={"convs": _convs(tuple(layer for layers in _CONVS for layer in layers))})
    decoder = _paper_decoder(512)
    return config.model_copy(
        update={
            "preset": "cpc",
            "encoder": config.encoder.model_copy(update={"modules": (module,), "he_init": True}),
            "training": config.training.model_copy(update={"gradient_clip": 1.0}),
            "objective": config.objective.model_copy(update={"beta": (0.0,), "end_to_end": True}),
            "decoder": decoder.model_copy(update={"layers": decoder.layers[-1:]}),
        }
    )


def supervised() -> Config:
    """`gim` trained end to end on a label of the corpus, by default the syllable, with `cpc`'s initialisation."""
    config = gim()
    return config.model_copy(
        update={
            "preset": "supervised",
            "encoder": config.encoder.model_copy(update={"he_init": True}),
            "training": config.training.model_copy(update={"gradient_clip": 1.0}),
            "objective": SupervisedConfig(label="syllable"),
        }
    )


def untrained() -> Config:
    """`sim` with random weights (baseline)."""
    config = sim()
    training = config.training.model_copy(update={"steps": 0})
    return config.model_copy(update={"preset": "untrained", "training": training})
