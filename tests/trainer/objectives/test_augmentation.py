import math

import pytest
import torch

from trainer.config import PooledConfig, ViewsConfig, override, preset
from trainer.model import SIM
from trainer.objectives import InfoMaxObjective, PooledInfoNCE
from trainer.objectives.augmentation import make_views, partners

RATE = 16_000
STILL = ViewsConfig(gain_db=0, tilt=0, noise_dbfs=(-200, -200))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def tone(hertz: float) -> torch.Tensor:
    return 0.1 * torch.sin(2 * math.pi * hertz * torch.arange(RATE) / RATE)[None]


def test_with_nothing_to_change_both_views_are_the_crop() -> None:
    crops = torch.randn(3, 800, generator=generator())
    views = make_views(crops, STILL, RATE, generator())
    assert torch.allclose(views.waveforms, crops.repeat_interleave(2, 0), atol=1e-6)
    assert torch.equal(views.rates, torch.ones(6))


def test_partners_are_the_two_views_of_a_crop() -> None:
    assert partners(torch.arange(6)).tolist() == [1, 0, 3, 2, 5, 4]


@pytest.mark.parametrize("rate", [0.8, 1.25])
def test_a_rate_moves_pitch_along(rate: float) -> None:
    views = make_views(tone(400), STILL.model_copy(update={"rates": (rate,)}), RATE, generator())
    heard = views.waveforms[0, : int(RATE / max(rate, 1)) - 1]
    spectrum = torch.fft.rfft(heard * torch.hann_window(len(heard)), n=4 * RATE).abs()
    assert spectrum.argmax().item() / 4 == pytest.approx(400 * rate, abs=2)
    if rate > 1:
        assert views.waveforms[0, int(RATE / rate) + 2 :].abs().max() < 1e-6, "after the end there is silence"


def test_gain_tilt_and_noise_stay_within_their_limits() -> None:
    quiet = torch.zeros(200, 400)
    noise = make_views(quiet, ViewsConfig(noise_dbfs=(-60, -40)), RATE, generator()).waveforms
    levels = 20 * noise.square().mean(1).sqrt().log10()
    assert levels.min() > -61.5
    assert levels.max() < -38.5
    loud = make_views(tone(500).expand(200, -1), STILL.model_copy(update={"gain_db": 6.0}), RATE, generator()).waveforms
    gains = 20 * (loud.abs().amax(1) / 0.1).log10()
    assert gains.min() == pytest.approx(-6, abs=0.4)
    assert gains.max() == pytest.approx(6, abs=0.4)


def test_excerpts_leave_a_quarter_of_a_second_or_more() -> None:
    crops = torch.ones(300, RATE)
    left = make_views(crops, STILL.model_copy(update={"excerpts": 0.5}), RATE, generator()).waveforms.sum(1) / RATE
    cut = left < 0.999
    assert cut.float().mean().item() == pytest.approx(0.5, abs=0.1)
    assert left.min() > 0.24
    assert torch.equal(cut, partners(cut)), "both views of a crop are of the same excerpt"


def test_pooled_contrast_finds_the_window_that_is_its_own() -> None:
    """Latents that tell their clip and the time in it: a large identity finds each window; scores of zero find none."""
    batch, frames = 4, 60
    clip = 3.0 * torch.nn.functional.one_hot(torch.arange(batch)).float()[..., None].expand(-1, -1, frames)
    time = torch.linspace(-6, 6, frames).expand(batch, 1, -1)
    latents = torch.cat([clip, time, -(time**2) / 6], dim=1)
    contrast = PooledInfoNCE(batch + 2, PooledConfig(seconds=0.1, every=0.2), 0.01)
    torch.nn.init.zeros_(contrast.predict.weight)
    windows = batch * ((frames - 10 + 1) // 20)
    assert contrast(latents, latents, generator(), None).item() == pytest.approx(math.log(windows), abs=1e-5)
    with torch.no_grad():
        contrast.predict.weight.copy_(50 * torch.diag(torch.tensor([1.0] * batch + [1.0, 0.0])))
    narrow = PooledInfoNCE(batch, PooledConfig(seconds=0.1, every=1.0), 0.01)
    with pytest.raises(ValueError, match="crop_samples"):
        narrow(clip, clip, generator(), None)
    one_each = PooledInfoNCE(batch, PooledConfig(seconds=0.1, every=0.5), 0.01)
    with torch.no_grad():
        one_each.predict.weight.mul_(50)
    assert one_each(clip, clip, generator(), None).item() < 1e-3


def test_overlapping_windows_of_a_crop_are_not_negatives() -> None:
    """Windows that overlap and say the same would cost ln 2 if they were."""
    constant = torch.ones(1, 4, 40)
    overlapping = PooledInfoNCE(4, PooledConfig(seconds=0.3, every=0.05), 0.01)
    assert overlapping(constant, constant, generator(), None).item() == pytest.approx(0.0, abs=1e-5)
    apart = PooledInfoNCE(4, PooledConfig(seconds=0.1, every=0.15), 0.01)
    assert apart(constant, constant, generator(), None).item() == pytest.approx(math.log(2), abs=1e-5)


def test_sim_plus_learns_every_module_from_its_own_loss_alone() -> None:
    config = override(preset("sim-plus"), {"encoder.modules": narrow(), "objective.negatives": 20})
    encoder = SIM(config)
    objective = InfoMaxObjective(config, encoder)
    _, parts, context = objective(torch.randn(2, 12_800, generator=generator()) * 0.1, generator())
    assert context is None
    for index, part in enumerate(parts):
        objective.zero_grad()
        (part.info_nce + part.pooled + part.kl).backward(retain_graph=True)
        for other, module in enumerate(encoder.stack):
            moved = any(weight.grad is not None and weight.grad.abs().max() > 0 for weight in module.parameters())
            assert moved == (other == index)


def narrow() -> list[dict]:
    tree = preset("sim-plus").model_dump()
    return [{**module, "hidden": 16, "dims": 8} for module in tree["encoder"]["modules"]]


def test_views_at_different_rates_are_compared_at_the_same_moment() -> None:
    """Latents that tell the time in the original, heard at rates 1 and 0.5: the aligned frame is found exactly."""
    from tests.trainer.objectives.test_objectives import objective as settings
    from trainer.objectives import InfoNCE

    frames, rates = 60, torch.tensor([1.0, 0.5])
    moments = torch.arange(frames) * rates[:, None]
    codes = torch.stack(
        [(moments / scale).cos() for scale in range(1, 17)] + [(moments / s).sin() for s in range(1, 17)]
    )
    latents = codes.transpose(0, 1)
    contrast = InfoNCE(32, 32, (-1, 1), settings(negatives=200, anchors=None))
    with torch.no_grad():
        contrast.predict.weight.copy_(3 * torch.eye(32).repeat(2, 1))
    aligned = contrast(partners(latents), latents, generator(), partners(rates) / rates)
    astray = contrast(partners(latents), latents, generator(), torch.ones(2))
    assert aligned.item() < astray.item() - 0.5
