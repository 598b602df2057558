"""Filterbank and the geometry of encoders with one."""

import math

import pytest
import torch
from pydantic import ValidationError

from trainer.config import Config, ConvLayer, FilterbankConfig, override, preset
from trainer.geometry import encoder_geometry
from trainer.model import SIM
from trainer.model.filterbank import Filterbank, mel_filters

RATE = 16_000
BANK = FilterbankConfig(filters=40, kernel=400, stride=20, smoothing=9, pooling=4)


def tone(hertz: float, phase: float = 0.0, samples: int = 4000) -> torch.Tensor:
    return 0.1 * torch.sin(2 * math.pi * hertz * torch.arange(samples) / RATE + phase)[None, :, None]


def test_tone_has_most_energy_in_filter_at_its_frequency() -> None:
    bank = Filterbank(BANK, RATE)
    spectra = torch.fft.rfft(mel_filters(40, 400, RATE)[:40], n=16_000).abs()
    for number in (5, 15, 25, 35):
        hertz = float(spectra[number].argmax())
        assert abs(int(bank(tone(hertz))[0, 20].argmax()) - number) <= 1


def test_energies_are_invariant_to_phase() -> None:
    """The energy of a tone changes by less than 0.1 dB with its phase."""
    bank = Filterbank(BANK, RATE)
    energies = torch.stack([bank(tone(1000.0, phase))[0, 10:-10] for phase in torch.linspace(0, 3, 7).tolist()])
    loudest = int(energies.mean((0, 1)).argmax())
    assert (energies[..., loudest].max() - energies[..., loudest].min()).item() * 10 / math.log(10) < 0.1


def test_white_noise_has_equal_energy_in_all_filters() -> None:
    noise = 0.1 * torch.randn(4, 16_000, 1, generator=torch.Generator().manual_seed(0))
    decibels = Filterbank(BANK, RATE)(noise).exp().mean((0, 1)).log10() * 10
    assert decibels.max() - decibels.min() < 1.5


def with_context() -> Config:
    """tiny with a filterbank, and a last module with a dilated residual layer."""
    tree = preset("tiny").model_dump()
    first, second, third = tree["encoder"]["modules"]
    bank = {"filters": 12, "kernel": 60, "stride": 20, "smoothing": 3, "pooling": 4}
    first = {**first, "filterbank": bank, "convs": [{"kernel": 3, "padding": 1}]}
    second = {**second, "convs": [{"kernel": 4, "stride": 2, "padding": 1}]}
    dilated = {"kernel": 3, "padding": 4, "dilation": 4, "residual": True}
    third = {**third, "convs": [{"kernel": 3, "padding": 1}, dilated]}
    return override(preset("tiny"), {"encoder.modules": [first, second, third]})


def test_geometry_matches_network() -> None:
    """Frame counts for several lengths, and the samples that a frame depends on."""
    config = with_context()
    encoder, geometries = SIM(config).eval(), encoder_geometry(config.encoder, config.sample_rate)
    assert [geometry.hop for geometry in geometries] == [80, 160, 160]
    for samples in (2000, 2019, 2020, 2077, 2240):
        found = [posterior.mean.shape[2] for posterior in encoder(torch.zeros(1, samples))]
        assert found == [geometry.frames(samples) for geometry in geometries]
    for module, geometry in enumerate(geometries):
        wave = 0.1 * torch.randn(1, 4000, generator=torch.Generator().manual_seed(1))
        wave.requires_grad_()
        encoder(wave)[module].mean[0, :, 10].square().sum().backward()
        inputs = wave.grad[0].nonzero().flatten()
        first = geometry.offset + 10 * geometry.hop
        # A filter's window is zero at its ends: the measured field may be narrower by less than one filter.
        assert first <= int(inputs.min()) <= first + 60
        assert first + geometry.receptive_field - 61 <= int(inputs.max()) <= first + geometry.receptive_field - 1


def test_invalid_layers_raise() -> None:
    with pytest.raises(ValidationError, match="keeps its length"):
        ConvLayer(kernel=3, residual=True)
    with pytest.raises(ValidationError, match="keeps its length"):
        ConvLayer(kernel=5, stride=2, padding=2, residual=True)
    with pytest.raises(ValidationError, match="stride 1"):
        ConvLayer(kernel=4, stride=2, dilation=2)
    tree = preset("tiny").model_dump()["encoder"]["modules"]
    with pytest.raises(ValidationError, match="only the first"):
        override(preset("tiny"), {"encoder.modules": [*tree[:2], {**tree[2], "filterbank": BANK.model_dump()}]})
