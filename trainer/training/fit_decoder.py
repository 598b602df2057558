"""Train the decoders of a bundle, one module at a time, the encoder frozen.

python -m trainer decoder --bundle models/mine --data recordings
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Generator, Tensor, nn

from trainer import bundle
from trainer.config import Config
from trainer.corpus.dataset_splits import find_sides, open_stores
from trainer.model import SIM, Decoder, Posterior
from trainer.objectives import AdversarialLoss, ReconstructionLoss
from trainer.runtime import distributed
from trainer.runtime.devices import launch
from trainer.training.loop import Sources, Task, train
from trainer.training.optimisers import decoder_optimiser
from trainer.training.progress import Metrics
from trainer.training.run_folder import TrainingError, run_folder


class DecoderObjective(nn.Module):
    """A decoder's reconstruction of crops from the neighbourhood of their latents, so that all of it decodes well."""

    def __init__(self, config: Config, encoder: SIM, decoder: Decoder, module: int) -> None:
        super().__init__()
        self.decoder, self.module = decoder, module
        self.loss = ReconstructionLoss(config.decoder_loss, config.sample_rate)
        self.adversary = config.decoder_loss.adversarial
        self.adversarial = None if self.adversary is None else AdversarialLoss(self.adversary, config.sample_rate)
        self._least_spread = config.decoder_loss.least_spread
        self._encoder = (encoder,)  # in a tuple: not a submodule, so neither trained nor saved

    def forward(self, waveform: Tensor, generator: Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """(B, samples) -> total loss and its parts."""
        # Whatever the decoder's precision, latents must be those that `encode` gives, and losses exact.
        full = torch.autocast(waveform.device.type, enabled=False)
        with torch.no_grad(), full:
            latents = self._draw(self._encoder[0](waveform)[self.module - 1], generator)
        decoded = self.decoder(latents, waveform.shape[1])
        with full:
            total, parts = self.loss(decoded, waveform)
            if self.adversary is not None and self.adversarial is not None:
                found = self.adversarial(decoded, waveform)
                parts.update(found._asdict())
                total = total + self.adversary.weight * found.deceit + self.adversary.matching * found.matching
                total = total + found.discriminator
        return total, parts

    def _draw(self, posterior: Posterior, generator: Generator) -> Tensor:
        """Latents (B, dims, frames) between the posterior's mean and a sample of it."""
        sample = posterior.sample(generator)
        if self._least_spread == 1:
            return sample
        share = distributed.rand((len(sample), 1, 1), generator, sample.device, sample.dtype)
        return posterior.mean.lerp(sample, self._least_spread + (1 - self._least_spread) * share)


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
    training = config.decoder_training
    fabric = launch(accelerator, devices)
    run = run_folder(path)
    with fabric.rank_zero_first():
        sources = Sources(*open_stores(find_sides(data, config, known), run / "waveforms", config, training))

    torch.manual_seed(training.seed + module)
    model = bundle.load_encoder(path, config)
    encoder, decoder = model.encoder.to(fabric.device), model.add_decoder(module)
    objective = DecoderObjective(config, encoder, decoder, module)
    optimiser = decoder_optimiser(objective, decoder.hidden_matrices(), training.learning_rate)
    task = Task(f"decoder-{module}", objective, optimiser, _metrics, _summary)
    if not train(fabric, task, sources, config, training, run):
        return False
    if fabric.is_global_zero:
        bundle.save_decoder(path, model.cpu(), module)
    fabric.barrier()
    return True


def _metrics(loss: Tensor, parts: dict[str, Tensor]) -> Metrics:
    return {"loss": loss.item(), **{name: value.item() for name, value in parts.items()}}


def _summary(metrics: Metrics) -> str:
    return ", ".join(f"{name} {value:.3g}" for name, value in metrics.items())
