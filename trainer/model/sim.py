"""The stack of modules, and the context network of the presets that have one."""

from __future__ import annotations

from torch import Tensor, nn

from trainer.config import Config, DimNoiseConfig
from trainer.model.encoder import EncoderModule
from trainer.model.kernels.gru import GRU
from trainer.model.posterior import Posterior


class SIM(nn.Module):
    """The modules of Smooth InfoMax (arXiv 2408.12936, section 3), each one's latents the next one's input.

    With `probabilistic` off those of Greedy InfoMax (arXiv 1905.11786). That no gradient crosses a module border is the
    objective's to see to.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        encoder = config.encoder
        noise = config.objective if isinstance(config.objective, DimNoiseConfig) else None
        inputs = [1, *(module.dims for module in encoder.modules[:-1])]
        self.stack = nn.ModuleList(
            EncoderModule(channels, module, encoder, config.sample_rate, noise)
            for channels, module in zip(inputs, encoder.modules, strict=True)
        )
        self.context = GRU(encoder.modules[-1].dims, encoder.context.hidden) if encoder.context is not None else None

    def forward(self, waveform: Tensor) -> list[Posterior]:
        """(B, samples) -> one posterior (B, dims, frames) a module, each from the mean of the one before."""
        x, posteriors = waveform.unsqueeze(2), []
        for module in self.stack:
            posteriors.append(module(x))
            x = posteriors[-1].mean.mT
        return posteriors

    def contextualise(self, latents: Tensor) -> Tensor:
        """The GRU's output for the last module's latents: (B, dims, frames) -> (B, hidden, frames). ValueError where
        the preset has none.
        """
        if self.context is None:
            raise ValueError("this preset has no context network")
        transposed: Tensor = self.context(latents.transpose(1, 2)).transpose(1, 2)
        return transposed
