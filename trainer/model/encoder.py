"""One encoder module: strided convolutions, then a Gaussian posterior per frame."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from trainer.config import ConvLayer, DimNoiseConfig, EncoderConfig, ModuleConfig
from trainer.model.dim_noise_head import DimNoiseHead
from trainer.model.filterbank import Filterbank
from trainer.model.kernels.frame_conv import FrameConv
from trainer.model.posterior import Posterior
from trainer.runtime import distributed


class EncoderModule(nn.Module):
    """Optional filterbank, convolutions with ReLU (and batch norm), then parallel 1x1 convolutions for mean and
    log-variance (SIM, arXiv 2408.12936, section 3). With `noise`, DimNoiseHead gives the posterior instead.
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
        """(B, input frames, channels) -> posterior (B, D, L)."""
        h = self.convs(x)
        if self.code is not None:
            posterior: Posterior = self.code(self.mean(h))
            return posterior
        mean = self.mean(h).float().mT
        if self.logvar is None:
            return Posterior(mean, None)
        # hardtanh equals clamp; its backward pass reads the frames once instead of three times.
        return Posterior(mean, F.hardtanh(self.logvar(h), *self.logvar_range).float().mT)


class Residual(nn.Sequential):
    """Residual block: the layers' output plus the input, averaged over windows of `stride` frames."""

    def __init__(self, stride: int, *layers: nn.Module) -> None:
        super().__init__(*layers)
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """(B, L, channels) -> (B, L // stride, channels)."""
        residual = x
        for layer in self:
            residual = layer(residual)
        if self.stride == 1:
            return x + residual
        batch, frames, channels = residual.shape
        means = x[:, : frames * self.stride].reshape(batch, frames, self.stride, channels).mean(2)
        return means + residual


def _convolution(inputs: int, outputs: int, layer: ConvLayer, encoder: EncoderConfig) -> list[nn.Module]:
    convolution = FrameConv(
        inputs, outputs, layer.kernel, layer.stride, layer.padding, layer.dilation, bias=encoder.conv_bias
    )
    if encoder.he_init:
        convolution.init_he()
    return [convolution, *([distributed.FrameBatchNorm(outputs)] if encoder.batch_norm else []), nn.ReLU()]
