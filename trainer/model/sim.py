"""Stack of encoder modules, with the context network of presets that have one."""

from __future__ import annotations

from torch import Tensor, nn

from trainer.config import Config, DimNoiseConfig
from trainer.model.encoder import EncoderModule
from trainer.model.kernels.gru import GRU
from trainer.model.posterior import Posterior


class SIM(nn.Module):
    """Encoder of Smooth InfoMax (arXiv 2408.12936, section 3): each module takes the mean of the module before.

    With `probabilistic` off it is the encoder of Greedy InfoMax (arXiv 1905.11786). Gradients are not stopped here
    between modules; the objective does that.
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
        """Waveforms (B, samples) -> one posterior (B, D, L) per module, module 1 first."""
        x, posteriors = waveform.unsqueeze(2), []
        for module in self.stack:
            posteriors.append(module(x))
            x = posteriors[-1].mean.mT
        return posteriors

    def contextualise(self, latents: Tensor) -> Tensor:
        """Context network over the last module's latents: (B, D, L) -> (B, hidden, L).

        Raises ValueError if the preset has no context network.
        """
        if self.context is None:
            raise ValueError("this preset has no context network")
        transposed: Tensor = self.context(latents.transpose(1, 2)).transpose(1, 2)
        return transposed
