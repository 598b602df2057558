"""Presets with a filterbank front end and spectral decoders: `sim-plus`, `demo`, and variants of `demo`."""

from __future__ import annotations

from typing import Any

from trainer.config.config import Config, TrainingConfig
from trainer.config.decoder import DecoderLossConfig, SpectralDecoderConfig
from trainer.config.encoder import ConvLayer, EncoderConfig, FilterbankConfig, ModuleConfig
from trainer.config.objective import (
    AugmentationConfig,
    DimNoiseConfig,
    ObjectiveConfig,
    PooledInfoNCEConfig,
    TimePrediction,
)
from trainer.config.paper_presets import paper_modules


def sim_plus() -> Config:
    """SIM for informative latents: wider in time, narrower in dimensions, and better than a spectrogram in probes.

    Modules are still trained one by one, with their own InfoNCE and posteriors near N(0, I). Differences from `sim`:
    module 1 begins with filterbank energies, which do not depend on phase; modules 2 and 3 see 70 and 150 ms in one
    convolution; prediction distances are 10 to 200 ms at every module; each frame is predicted from another augmented
    view of its crop; negatives come from the same crop too; a second InfoNCE compares means over 240 ms; batch norm,
    without biases before it; normalised loudness.
    """
    distances = (0.01, 0.02, 0.04, 0.06, 0.08, 0.12, 0.16, 0.2)
    filterbank = FilterbankConfig(filters=80, kernel=400, stride=20, smoothing=9, pooling=4)
    training = TrainingConfig(
        steps=3_600,
        batch_size=8,
        crop_samples=12_800,
        learning_rate=1e-3,
        warmup_steps=50,
        final_learning_rate=0.01,
        weight_decay=0.01,
        gradient_clip=5.0,
        precision="auto",
    )
    return Config(
        preset="sim-plus",
        loudness_dbfs=-23.0,
        encoder=EncoderConfig(
            modules=(
                ModuleConfig(filterbank=filterbank, convs=(ConvLayer(kernel=3, padding=1),), hidden=192, dims=96),
                ModuleConfig(convs=(ConvLayer(kernel=14, stride=2, padding=6),), hidden=384, dims=128),
                ModuleConfig(convs=(ConvLayer(kernel=9, padding=4),), hidden=512, dims=128),
            ),
            batch_norm=True,
            conv_bias=False,
            orthogonal_heads=True,
            initial_logvar=-2.0,
        ),
        objective=ObjectiveConfig(
            prediction=TimePrediction(distances=distances, per_step=4),
            negatives=256,
            own_negatives=64,
            augmentation=AugmentationConfig(speeds=(0.85, 0.92, 1.0, 1.08, 1.16), time_crop_probability=0.5),
            pooled=PooledInfoNCEConfig(),
            anchors=32,
            scale_scores=True,
            beta=(0.002, 0.002, 0.002),
        ),
        training=training,
        decoder=SpectralDecoderConfig(width=192, blocks=4),
        decoder_loss=DecoderLossConfig(),
        decoder_training=training.model_copy(update={"steps": 3_000, "crop_samples": 10_240, "precision": "32-true"}),
    )


def demo() -> Config:
    """The shipped model: 64 dimensions per module, small enough to answer a slider at once.

    Like `sim-plus` it has filterbank energies, prediction distances in time, negatives from the same crop, batch norm
    and normalised loudness. The differences help the decoders: every convolution is residual; there is no augmentation,
    so latents keep loudness and noise; prediction distances are at most 100 ms, into the past too. Playback speeds of
    training crops replace more speakers. Decoders end in an inverse STFT and train on posterior means as well as
    samples.
    """
    distances = (0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.1)
    dims = 64
    filterbank = FilterbankConfig(filters=dims, kernel=400, stride=20, smoothing=9, pooling=4)
    convs = (
        (ConvLayer(kernel=3, padding=1, residual=True),),
        (ConvLayer(kernel=10, stride=2, padding=4, residual=True), ConvLayer(kernel=5, padding=2, residual=True)),
        (ConvLayer(kernel=7, padding=3, residual=True), ConvLayer(kernel=7, padding=6, dilation=2, residual=True)),
    )
    modules = tuple(
        ModuleConfig(filterbank=None if index else filterbank, convs=layers, hidden=dims, dims=dims)
        for index, layers in enumerate(convs)
    )
    training = TrainingConfig(
        steps=3_000,
        batch_size=16,
        crop_samples=10_240,
        speeds=(0.8, 0.87, 0.94, 1.0, 1.08, 1.16, 1.25),
        learning_rate=1e-3,
        warmup_steps=200,
        final_learning_rate=0.05,
        gradient_clip=1.0,
    )
    return Config(
        preset="demo",
        loudness_dbfs=-23.0,
        encoder=sim_plus().encoder.model_copy(update={"modules": modules}),
        objective=sim_plus().objective.model_copy(
            update={
                "prediction": TimePrediction(
                    distances=tuple(sign * distance for sign in (1, -1) for distance in distances), per_step=4
                ),
                "own_negatives": 128,
                "augmentation": None,
                "pooled": None,
                "anchors": 48,
            }
        ),
        training=training,
        decoder=SpectralDecoderConfig(width=192, blocks=4, direct=True),
        decoder_loss=DecoderLossConfig(min_noise_scale=0.0),
        decoder_training=training.model_copy(update={"steps": 12_000, "batch_size": 8, "learning_rate": 2e-3}),
    )


def dim_noise() -> Config:
    """`demo` with noise instead of the KL (Butakov et al., arXiv 2410.06993): another way to latents of N(0, I)."""
    config = demo()
    shared = config.objective.model_dump(exclude={"kind"})
    return config.model_copy(update={"preset": "dim-noise", "objective": DimNoiseConfig.model_validate(shared)})


def narrow() -> Config:
    """For ensembles and sweeps: `demo` with 16 dimensions per module, 10 ms frames at every module and plain
    convolutions. Trains in one or two minutes on one core.
    """
    config = demo()
    filterbank = FilterbankConfig(filters=40, kernel=400, stride=40, smoothing=5, pooling=4)
    modules = tuple(
        ModuleConfig(
            filterbank=None if index else filterbank,
            convs=(ConvLayer(kernel=kernel, padding=kernel // 2),),
            hidden=32,
            dims=16,
        )
        for index, kernel in enumerate((3, 7, 9))
    )
    training = config.training.model_copy(
        update={"steps": 1_000, "speeds": (1.0,), "warmup_steps": 50, "validation_fraction": 0.2}
    )
    return config.model_copy(
        update={
            "preset": "narrow",
            "encoder": config.encoder.model_copy(update={"modules": modules}),
            "objective": config.objective.model_copy(update={"negatives": 128, "own_negatives": 32, "anchors": 32}),
            "training": training,
            "decoder": SpectralDecoderConfig(width=96, blocks=2, direct=True),
            "decoder_training": training.model_copy(update={"steps": 2_000, "batch_size": 8, "learning_rate": 2e-3}),
        }
    )


def tiny() -> Config:
    """`demo` with the paper's convolutions, at a size that trains in seconds in tests."""
    config = demo()
    training: dict[str, Any] = {
        "steps": 20,
        "batch_size": 4,
        "crop_samples": 5_120,
        "warmup_steps": 2,
        "checkpoint_every": 5,
        "validation_fraction": 0.25,
    }
    return config.model_copy(
        update={
            "preset": "tiny",
            "encoder": EncoderConfig(modules=paper_modules(16, 8), batch_norm=True, initial_logvar=-2.0),
            "objective": config.objective.model_copy(update={"negatives": 32, "own_negatives": 0, "anchors": 8}),
            "training": config.training.model_copy(update=training),
            "decoder": SpectralDecoderConfig(width=16, blocks=1, direct=True),
            "decoder_training": config.decoder_training.model_copy(update=training),
        }
    )
