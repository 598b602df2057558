"""Train the decoders of a bundle, one module at a time, with the encoder frozen.

python -m trainer fit-decoder --bundle models/mine --data recordings
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Generator, Tensor, nn

from trainer import bundle
from trainer.config import Config
from trainer.corpus.dataset_splits import find_splits, open_stores
from trainer.model import SIM, Decoder, Posterior
from trainer.objectives import AdversarialLoss, ReconstructionLoss
from trainer.runtime import distributed
from trainer.runtime.devices import launch
from trainer.training.errors import TrainingError
from trainer.training.loop import train
from trainer.training.optimisers import decoder_optimiser
from trainer.training.progress import Metrics
from trainer.training.run_folder import run_folder
from trainer.training.task import DataStores, Task


class DecoderObjective(nn.Module):
    """Reconstruction loss of crops, decoded from noisy latents so that the neighbourhood of each mean decodes well."""

    def __init__(self, config: Config, encoder: SIM, decoder: Decoder, module: int) -> None:
        super().__init__()
        self.decoder, self.module = decoder, module
        self.loss = ReconstructionLoss(config.decoder_loss, config.sample_rate)
        self.adversary = config.decoder_loss.adversarial
        self.adversarial = None if self.adversary is None else AdversarialLoss(self.adversary, config.sample_rate)
        self._min_noise_scale = config.decoder_loss.min_noise_scale
        self._encoder = (encoder,)  # in a tuple, so that it is no submodule: neither trained nor saved

    def forward(self, waveform: Tensor, generator: Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """(B, samples) -> total loss and its parts by name."""
        # Float32 whatever the decoder's precision: latents must equal those of `encode`, and losses must be exact.
        full_precision = torch.autocast(waveform.device.type, enabled=False)
        with torch.no_grad(), full_precision:
            latents = self._noisy_latents(self._encoder[0](waveform)[self.module - 1], generator)
        decoded = self.decoder(latents, waveform.shape[1])
        with full_precision:
            total, parts = self.loss(decoded, waveform)
            if self.adversary is not None and self.adversarial is not None:
                losses = self.adversarial(decoded, waveform)
                parts.update(losses._asdict())
                total = (
                    total + self.adversary.weight * losses.generator_loss + self.adversary.matching * losses.matching
                )
                total = total + losses.discriminator
        return total, parts

    def _noisy_latents(self, posterior: Posterior, generator: Generator) -> Tensor:
        """Posterior mean + s * (sample - mean), s from U(min_noise_scale, 1) for each crop: (B, D, L)."""
        sample = posterior.sample(generator)
        if self._min_noise_scale == 1:
            return sample
        uniform = distributed.rand((len(sample), 1, 1), generator, sample.device, sample.dtype)
        return posterior.mean.lerp(sample, self._min_noise_scale + (1 - self._min_noise_scale) * uniform)


def fit_decoder(
    path: Path,
    config: Config,
    module: int,
    data: Sequence[Path],
    *,
    accelerator: str = "auto",
    devices: int | str = "auto",
) -> bool:
    """Train the decoder of `module` with the settings of `config` into the bundle at `path`, resuming an earlier run.

    The encoder is the bundle's; the decoder's settings are written to its config.json. Returns whether training ended
    (False: interrupted, checkpoint kept). Raises BundleError, CorpusError, CheckpointError or TrainingError.
    """
    header = bundle.read_config(path)
    others = [other for other in bundle.decoder_modules(path) if other != module]
    if others and header.config.decoder != config.decoder:
        raise TrainingError(
            f"the bundle's decoder of module {others[0]} was made with other decoder settings; "
            "use the same, or remove it first"
        )
    training = config.decoder_training
    fabric = launch(accelerator, devices)
    run = run_folder(path)
    with fabric.rank_zero_first():
        splits = find_splits(data, config, header.provenance.corpora)
        stores = DataStores(*open_stores(splits, run / "waveforms", config, training))

    torch.manual_seed(training.seed + module)
    model = bundle.load_encoder(path, config)
    encoder, decoder = model.encoder.to(fabric.device), model.add_decoder(module)
    objective = DecoderObjective(config, encoder, decoder, module)
    optimiser = decoder_optimiser(objective, decoder.hidden_matrices(), training.learning_rate)
    task = Task(f"decoder-{module}", objective, optimiser, _metrics, _summary)
    if not train(fabric, task, stores, config, training, run):
        return False
    if fabric.is_global_zero:
        bundle.save_decoder(path, model.cpu(), module)
    fabric.barrier()
    return True


def _metrics(loss: Tensor, parts: dict[str, Tensor]) -> Metrics:
    return {"loss": loss.item(), **{name: value.item() for name, value in parts.items()}}


def _summary(metrics: Metrics) -> str:
    return ", ".join(f"{name} {value:.3g}" for name, value in metrics.items())
