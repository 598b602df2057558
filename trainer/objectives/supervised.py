"""The objective of the supervised baseline."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Generator, Tensor, nn

from trainer.config import Config
from trainer.model import SIM


class SupervisedObjective(nn.Module):
    """Cross-entropy of a linear classifier on the mean over time of the top, trained end to end."""

    def __init__(self, config: Config, encoder: SIM, classes: int) -> None:
        super().__init__()
        context, (*_, top) = config.encoder.context, config.encoder.modules
        self.encoder = encoder
        self.classify = nn.Linear(top.dims if context is None else context.hidden, classes)

    def forward(self, batch: tuple[Tensor, Tensor], generator: Generator) -> tuple[Tensor, Tensor]:
        """Crops (B, samples) and class indices (B) -> loss in nats, accuracy."""
        waveform, classes = batch
        top = self.encoder(waveform)[-1].mean
        if self.encoder.context is not None:
            top = self.encoder.contextualise(top)
        logits = self.classify(top.mean(2)).float()
        return F.cross_entropy(logits, classes), (logits.argmax(1) == classes).float().mean()
