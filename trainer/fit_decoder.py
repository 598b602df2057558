"""Train the decoders of a bundle, the encoder frozen. One plain loop a module.

python -m trainer decoder --bundle models/mine --data recordings
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Generator, Tensor, nn
from tqdm import tqdm

from trainer import bundle
from trainer.checkpoint import resume, save_checkpoint, step_generator
from trainer.config import Config
from trainer.corpus.crops import CropStore
from trainer.corpus.sides import find_sides, open_stores
from trainer.model import SIM, Decoder
from trainer.objectives import ReconstructionLoss
from trainer.run import MetricsLog, TrainingError, graceful_stop, learning_rate, run_folder, set_learning_rate

LOG_EVERY = 20
VALIDATION_BATCHES = 8


class DecoderObjective(nn.Module):
    """A decoder's reconstruction of crops from samples of the posterior, so that the neighbourhood of each point
    decodes well.
    """

    def __init__(self, config: Config, encoder: SIM, decoder: Decoder, module: int) -> None:
        super().__init__()
        self.decoder, self.module = decoder, module
        self.loss = ReconstructionLoss(config.decoder_loss, config.sample_rate)
        self._encoder = (encoder,)  # in a tuple: not a submodule, so neither trained nor saved

    def forward(self, waveform: Tensor, generator: Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """(B, samples) -> total loss and its parts."""
        with torch.no_grad():
            latents = self._encoder[0](waveform)[self.module - 1].sample(generator)
        return self.loss(self.decoder(latents, waveform.shape[1]), waveform)  # type: ignore[no-any-return]


def fit_decoder(
    path: Path,
    config: Config,
    module: int,
    data: Sequence[Path],
    *,
    accelerator: str = "auto",
    devices: int | str = "auto",
) -> bool:
    """Train the decoder of `module` as `config` says into the bundle at `path`, resuming what an earlier call began.

    The encoder is the bundle's; its config.json takes over the decoder's settings. Returns whether it ran to the end.
    Raises BundleError, CorpusError, CheckpointError or TrainingError.
    """
    known = bundle.read_config(path).provenance.corpora
    others = [other for other in bundle.decoders_of(path) if other != module]
    if others and bundle.read_config(path).config.decoder != config.decoder:
        raise TrainingError(
            f"the bundle's decoder of module {others[0]} was made with other decoder settings; "
            "use the same, or remove it first"
        )
    model = bundle.load_encoder(path, config)
    training = config.decoder_training
    fabric = Fabric(accelerator=accelerator, devices=devices, precision=training.precision)
    fabric.launch()
    run, name = run_folder(path), f"decoder-{module}"
    with fabric.rank_zero_first():
        train, validation = open_stores(find_sides(data, config, known), run / "waveforms", config)

    torch.manual_seed(training.seed + module)
    encoder, decoder = model.encoder.to(fabric.device), model.add_decoder(module).requires_grad_(True)
    objective = DecoderObjective(config, encoder, decoder, module)
    optimiser = torch.optim.AdamW(decoder.parameters(), lr=training.learning_rate, betas=(0.8, 0.99), weight_decay=0.01)
    done = resume(run / f"{name}.checkpoint", objective, optimiser, config)
    network, optimiser = fabric.setup(objective, optimiser)
    log = MetricsLog(run / f"{name}.jsonl", done) if fabric.is_global_zero else None
    progress = tqdm(total=training.steps, initial=done, desc=name, unit="step", disable=not fabric.is_global_zero)
    with graceful_stop() as stop, progress:
        network.train()
        for step in range(done, training.steps):
            generator = step_generator(training.seed, step, f"{name}/{fabric.global_rank}", fabric.device)
            draw = (
                generator
                if fabric.device.type == "cpu"
                else step_generator(training.seed, step, f"{name}/crops/{fabric.global_rank}")
            )
            crops = fabric.to_device(train.crops(training.batch_size, training.crop_samples, draw))
            set_learning_rate(optimiser, learning_rate(training, step))
            loss, parts = network(crops, generator)
            fabric.backward(loss)
            if training.gradient_clip is not None:
                fabric.clip_gradients(network, optimiser, max_norm=training.gradient_clip, error_if_nonfinite=False)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            progress.update()

            finished = step + 1
            if finished % LOG_EVERY == 0 or finished == training.steps:
                if not torch.isfinite(loss):
                    raise TrainingError(
                        f"the loss of {name} is {loss.item()} at step {finished}; the checkpoint before it is kept. "
                        "Lower decoder_training.learning_rate"
                    )
                record = _record(loss, parts)
                progress.set_postfix_str(", ".join(f"{key} {value:.3g}" for key, value in record.items()))
                if log is not None:
                    log.write(finished, side="train", **record)
            if finished % training.checkpoint_every == 0 or finished == training.steps or stop:
                if log is not None:
                    log.write(finished, side="validation", **_validate(objective, validation, config, fabric.device))
                    save_checkpoint(run / f"{name}.checkpoint", objective, optimiser, finished, config)
                fabric.barrier()
            if stop:
                tqdm.write(f"stopped after step {finished}; the same command goes on from here", file=sys.stderr)
                return False

    if fabric.is_global_zero:
        bundle.save_decoder(path, model.cpu(), module)
    fabric.barrier()
    return True


@torch.no_grad()
def _validate(objective: DecoderObjective, store: CropStore, config: Config, device: torch.device) -> dict[str, float]:
    objective.eval()
    training = config.decoder_training
    records = []
    for index in range(VALIDATION_BATCHES):
        crops = store.crops(
            training.batch_size, training.crop_samples, step_generator(training.seed, index, "validate")
        ).to(device)
        records.append(_record(*objective(crops, step_generator(training.seed, index, "validate", device))))
    objective.train()
    return {name: sum(record[name] for record in records) / len(records) for name in records[0]}


def _record(loss: Tensor, parts: dict[str, Tensor]) -> dict[str, Any]:
    return {"loss": loss.item(), **{name: value.item() for name, value in parts.items()}}
