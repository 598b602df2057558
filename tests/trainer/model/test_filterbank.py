import math

import pytest
import torch
from pydantic import ValidationError

from trainer.config import Config, ConvLayer, FilterbankConfig, override, preset
from trainer.geometry import stack
from trainer.model import SIM
from trainer.model.filterbank import Filterbank, mel_filters

RATE = 16_000
BANK = FilterbankConfig(filters=40, kernel=400, stride=20, smoothing=9, pooling=4)


def tone(hertz: float, phase: float = 0.0, samples: int = 4000) -> torch.Tensor:
    return 0.1 * torch.sin(2 * math.pi * hertz * torch.arange(samples) / RATE + phase)[None, :, None]


def test_a_tone_is_loudest_in_the_filter_of_its_frequency() -> None:
    bank = Filterbank(BANK, RATE)
    spectra = torch.fft.rfft(mel_filters(40, 400, RATE)[:40], n=16_000).abs()
    for number in (5, 15, 25, 35):
        hertz = float(spectra[number].argmax())
        assert abs(int(bank(tone(hertz))[0, 20].argmax()) - number) <= 1


def test_energies_do_not_follow_the_phase() -> None:
    """The same tone at any phase: a convolution's mean over time would cancel, an energy's changes by under 0.1 dB."""
    bank = Filterbank(BANK, RATE)
    energies = torch.stack([bank(tone(1000.0, phase))[0, 10:-10] for phase in torch.linspace(0, 3, 7).tolist()])
    loudest = int(energies.mean((0, 1)).argmax())
    assert (energies[..., loudest].max() - energies[..., loudest].min()).item() * 10 / math.log(10) < 0.1


def test_white_noise_is_equally_loud_in_all_filters() -> None:
    noise = 0.1 * torch.randn(4, 16_000, 1, generator=torch.Generator().manual_seed(0))
    decibels = Filterbank(BANK, RATE)(noise).exp().mean((0, 1)).log10() * 10
    assert decibels.max() - decibels.min() < 1.5


def with_context() -> Config:
    """tiny with a filterbank, and a last module that looks far around itself."""
    tree = preset("tiny").model_dump()
    first, second, third = tree["encoder"]["modules"]
    bank = {"filters": 12, "kernel": 60, "stride": 20, "smoothing": 3, "pooling": 4}
    first = {**first, "filterbank": bank, "convs": [{"kernel": 3, "padding": 1}]}
    second = {**second, "convs": [{"kernel": 4, "stride": 2, "padding": 1}]}
    around = {"kernel": 3, "padding": 4, "dilation": 4, "residual": True}
    third = {**third, "convs": [{"kernel": 3, "padding": 1}, around]}
    return override(preset("tiny"), {"encoder.modules": [first, second, third]})


def test_geometry_is_that_of_the_network() -> None:
    """Frame counts at every length, and the samples a frame depends on."""
    config = with_context()
    encoder, depths = SIM(config).eval(), stack(config.encoder, config.sample_rate)
    assert [depth.hop for depth in depths] == [80, 160, 160]
    for samples in (2000, 2019, 2020, 2077, 2240):
        found = [posterior.mean.shape[2] for posterior in encoder(torch.zeros(1, samples))]
        assert found == [depth.frames(samples) for depth in depths]
    for module, depth in enumerate(depths):
        wave = 0.1 * torch.randn(1, 4000, generator=torch.Generator().manual_seed(1))
        wave.requires_grad_()
        encoder(wave)[module].mean[0, :, 10].square().sum().backward()
        seen = wave.grad[0].nonzero().flatten()
        first = depth.offset + 10 * depth.hop
        # The ends of a filter's window are zero: the field may be narrower by less than one filter.
        assert first <= int(seen.min()) <= first + 60
        assert first + depth.receptive_field - 61 <= int(seen.max()) <= first + depth.receptive_field - 1


def test_faulty_layers_are_told() -> None:
    with pytest.raises(ValidationError, match="keeps its length"):
        ConvLayer(kernel=3, residual=True)
    with pytest.raises(ValidationError, match="keeps its length"):
        ConvLayer(kernel=5, stride=2, padding=2, residual=True)
    with pytest.raises(ValidationError, match="stride 1"):
        ConvLayer(kernel=4, stride=2, dilation=2)
    tree = preset("tiny").model_dump()["encoder"]["modules"]
    with pytest.raises(ValidationError, match="only the first"):
        override(preset("tiny"), {"encoder.modules": [*tree[:2], {**tree[2], "filterbank": BANK.model_dump()}]})
