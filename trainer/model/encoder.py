"""One module of the encoder: strided convolutions, then a Gaussian posterior for each frame."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from trainer.config import ConvLayer, DimNoiseConfig, EncoderConfig, ModuleConfig
from trainer.model.filterbank import Filterbank
from trainer.model.kernels.frame_conv import FrameConv
from trainer.model.dim_noise_head import DimNoiseHead
from trainer.model.posterior import Posterior
from trainer.runtime import distributed


class EncoderModule(nn.Module):
    """Convolutions with ReLU (and batch norm), after a filterbank where there is one, then parallel 1x1 convolutions
    for mean and log-variance (SIM, section 3). With `noise` the mean is normalised, and the variance the noise's.
    """

    def __init__(
        self,
        inputs: int,
        module: ModuleConfig,
        encoder: EncoderConfig,
        sample_rate: int,
        noise: DimNoiseConfig | None = None,
    ) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        if module.filterbank is not None:
            inputs = module.filterbank.filters
            blocks.append(Filterbank(module.filterbank, sample_rate))
            if encoder.batch_norm:
                blocks.append(distributed.FrameBatchNorm(inputs))
        for layer in module.convs:
            steps = _convolution(inputs, module.hidden, layer, encoder)
            blocks += [Residual(layer.stride, *steps)] if layer.residual else steps
            inputs = module.hidden
        self.convs = nn.Sequential(*blocks)
        self.mean = FrameConv(module.hidden, module.dims, 1)
        self.logvar: FrameConv | None = None
        self.code = None if noise is None else DimNoiseHead(module.dims, noise)
        if encoder.probabilistic and noise is None:
            self.logvar = FrameConv(module.hidden, module.dims, 1)
            assert self.logvar.bias is not None
            nn.init.constant_(self.logvar.bias, encoder.initial_logvar)
        if encoder.orthogonal_heads:
            assert self.mean.bias is not None
            nn.init.orthogonal_(self.mean.weight)
            nn.init.zeros_(self.mean.bias)
            if self.logvar is not None:
                nn.init.zeros_(self.logvar.weight)
        self.logvar_range = encoder.logvar_range

    def forward(self, x: Tensor) -> Posterior:
        """(B, frames in, channels) -> posterior (B, dims, frames)."""
        h = self.convs(x)
        if self.code is not None:
            posterior: Posterior = self.code(self.mean(h))
            return posterior
        mean = self.mean(h).float().mT
        if self.logvar is None:
            return Posterior(mean, None)
        # hardtanh is clamp, with a gradient that takes one walk over the frames instead of three
        return Posterior(mean, F.hardtanh(self.logvar(h), *self.logvar_range).float().mT)


class Residual(nn.Sequential):
    """What its parts make of frames, added to these, or to the means of each `stride` of them."""

    def __init__(self, stride: int, *parts: nn.Module) -> None:
        super().__init__(*parts)
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """(B, frames, channels) -> (B, frames // stride, channels)."""
        changed = x
        for part in self:
            changed = part(changed)
        if self.stride == 1:
            return x + changed
        batch, frames, channels = changed.shape
        means = x[:, : frames * self.stride].reshape(batch, frames, self.stride, channels).mean(2)
        return means + changed


def _convolution(inputs: int, outputs: int, layer: ConvLayer, encoder: EncoderConfig) -> list[nn.Module]:
    convolution = FrameConv(
        inputs, outputs, layer.kernel, layer.stride, layer.padding, layer.dilation, bias=encoder.conv_bias
    )
    if encoder.he_init:
        convolution.init_he()
    return [convolution, *([distributed.FrameBatchNorm(outputs)] if encoder.batch_norm else []), nn.ReLU()]
