"""`fit` and `fit-decoder`: train an encoder and its decoders."""

from __future__ import annotations

import argparse
from pathlib import Path

from trainer import config as configuration
from trainer.cli.options import Commands, add_bundle, add_preset, add_training, training_settings
from trainer.runtime.malloc_tuning import tune_for_training


def add_commands(commands: Commands) -> None:
    """Add `fit` and `fit-decoder`."""
    fit = commands.add_parser("fit", help="train an encoder")
    add_preset(fit)
    fit.add_argument("--out", type=Path, required=True, help="folder of the bundle; the same command resumes a run")
    add_training(fit)
    fit.add_argument("--waveforms", type=Path, help="folder of decoded recordings that several runs can share")
    fit.set_defaults(run=_fit)

    decoder = commands.add_parser("fit-decoder", help="train the decoders of a bundle")
    add_bundle(decoder)
    decoder.add_argument("--module", type=int, action="append", help="only this layer (may be repeated)")
    add_training(decoder)
    decoder.set_defaults(run=_fit_decoder)


def _fit(options: argparse.Namespace) -> bool:
    tune_for_training()
    from trainer.training.fit_encoder import fit

    config = configuration.override(configuration.preset(options.preset), training_settings(options, "training"))
    return fit(
        config,
        options.data,
        options.out,
        accelerator=options.accelerator,
        devices=options.devices,
        waveforms=options.waveforms,
    )


def _fit_decoder(options: argparse.Namespace) -> bool:
    tune_for_training()
    from trainer import bundle
    from trainer.training.fit_decoder import fit_decoder

    config = configuration.override(
        bundle.read_config(options.bundle).config, training_settings(options, "decoder_training")
    )
    for module in options.module or range(1, len(config.encoder.modules) + 1):
        if not fit_decoder(
            options.bundle, config, module, options.data, accelerator=options.accelerator, devices=options.devices
        ):
            return False
    return True
