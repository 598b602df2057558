"""One module of the encoder: strided convolutions, then a Gaussian posterior for each frame."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from trainer import distributed
from trainer.config import EncoderConfig, ModuleConfig
from trainer.model.convolution import FrameConv
from trainer.model.posterior import Posterior


class EncoderModule(nn.Module):
    """Convolutions with ReLU (and batch norm), then parallel 1x1 convolutions for mean and log-variance (SIM, section
    3).
    """

    def __init__(self, inputs: int, module: ModuleConfig, encoder: EncoderConfig) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        for layer in module.convs:
            bias = encoder.conv_bias
            blocks.append(FrameConv(inputs, module.hidden, layer.kernel, layer.stride, layer.padding, bias=bias))
            if encoder.batch_norm:
                blocks.append(distributed.FrameNorm(module.hidden))
            blocks.append(nn.ReLU())
            inputs = module.hidden
        self.convs = nn.Sequential(*blocks)
        self.mean = FrameConv(module.hidden, module.dims, 1)
        self.logvar: FrameConv | None = None
        if encoder.probabilistic:
            self.logvar = FrameConv(module.hidden, module.dims, 1)
            assert self.logvar.bias is not None
            nn.init.constant_(self.logvar.bias, encoder.initial_logvar)
        self.logvar_range = encoder.logvar_range

    def forward(self, x: Tensor) -> Posterior:
        """(B, frames in, channels) -> posterior (B, dims, frames)."""
        h = self.convs(x)
        mean = self.mean(h).float().mT
        if self.logvar is None:
            return Posterior(mean, None)
        # hardtanh is clamp, with a gradient that takes one walk over the frames instead of three
        return Posterior(mean, F.hardtanh(self.logvar(h), *self.logvar_range).float().mT)
