import math

import pytest
import torch

from trainer.config import AugmentationConfig, PooledInfoNCEConfig, override, preset
from trainer.model import SIM
from trainer.objectives import InfoMaxObjective, PooledInfoNCE
from trainer.objectives.augmentation import make_views, other_view

RATE = 16_000
NO_CHANGE = AugmentationConfig(gain_db=0, tilt=0, noise_dbfs=(-200, -200))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def tone(hertz: float) -> torch.Tensor:
    return 0.1 * torch.sin(2 * math.pi * hertz * torch.arange(RATE) / RATE)[None]


def test_views_without_changes_are_the_crop() -> None:
    crops = torch.randn(3, 800, generator=generator())
    views = make_views(crops, NO_CHANGE, RATE, generator())
    assert torch.allclose(views.waveforms, crops.repeat_interleave(2, 0), atol=1e-6)
    assert torch.equal(views.speeds, torch.ones(6))


def test_other_view_exchanges_the_two_views_of_a_crop() -> None:
    assert other_view(torch.arange(6)).tolist() == [1, 0, 3, 2, 5, 4]


@pytest.mark.parametrize("speed", [0.8, 1.25])
def test_speed_scales_the_pitch(speed: float) -> None:
    views = make_views(tone(400), NO_CHANGE.model_copy(update={"speeds": (speed,)}), RATE, generator())
    sound = views.waveforms[0, : int(RATE / max(speed, 1)) - 1]
    spectrum = torch.fft.rfft(sound * torch.hann_window(len(sound)), n=4 * RATE).abs()
    assert spectrum.argmax().item() / 4 == pytest.approx(400 * speed, abs=2)
    if speed > 1:
        assert views.waveforms[0, int(RATE / speed) + 2 :].abs().max() < 1e-6, "silence after the end"


def test_gain_and_noise_stay_within_their_limits() -> None:
    quiet = torch.zeros(200, 400)
    noise = make_views(quiet, AugmentationConfig(noise_dbfs=(-60, -40)), RATE, generator()).waveforms
    levels = 20 * noise.square().mean(1).sqrt().log10()
    assert levels.min() > -61.5
    assert levels.max() < -38.5
    loud = make_views(
        tone(500).expand(200, -1), NO_CHANGE.model_copy(update={"gain_db": 6.0}), RATE, generator()
    ).waveforms
    gains = 20 * (loud.abs().amax(1) / 0.1).log10()
    assert gains.min() == pytest.approx(-6, abs=0.4)
    assert gains.max() == pytest.approx(6, abs=0.4)


def test_time_crop_leaves_at_least_a_quarter_of_a_second() -> None:
    crops = torch.ones(300, RATE)
    remaining = (
        make_views(crops, NO_CHANGE.model_copy(update={"time_crop_probability": 0.5}), RATE, generator()).waveforms.sum(
            1
        )
        / RATE
    )
    cropped = remaining < 0.999
    assert cropped.float().mean().item() == pytest.approx(0.5, abs=0.1)
    assert remaining.min() > 0.24
    assert torch.equal(cropped, other_view(cropped)), "both views of a crop have the same time crop"


def test_pooled_info_nce_identifies_its_window() -> None:
    """Latents that identify their crop: W = large identity has no loss, zero scores ln(number of windows)."""
    batch, frames = 4, 60
    clip = 3.0 * torch.nn.functional.one_hot(torch.arange(batch)).float()[..., None].expand(-1, -1, frames)
    time = torch.linspace(-6, 6, frames).expand(batch, 1, -1)
    latents = torch.cat([clip, time, -(time**2) / 6], dim=1)
    contrast = PooledInfoNCE(batch + 2, PooledInfoNCEConfig(seconds=0.1, every=0.2), 0.01)
    torch.nn.init.zeros_(contrast.predict.weight)
    windows = batch * ((frames - 10 + 1) // 20)
    assert contrast(latents, latents, generator(), None).item() == pytest.approx(math.log(windows), abs=1e-5)
    with torch.no_grad():
        contrast.predict.weight.copy_(50 * torch.diag(torch.tensor([1.0] * batch + [1.0, 0.0])))
    narrow = PooledInfoNCE(batch, PooledInfoNCEConfig(seconds=0.1, every=1.0), 0.01)
    with pytest.raises(ValueError, match="crop_samples"):
        narrow(clip, clip, generator(), None)
    one_window = PooledInfoNCE(batch, PooledInfoNCEConfig(seconds=0.1, every=0.5), 0.01)
    with torch.no_grad():
        one_window.predict.weight.mul_(50)
    assert one_window(clip, clip, generator(), None).item() < 1e-3


def test_overlapping_windows_of_a_crop_are_no_negatives() -> None:
    """Equal windows would have a loss of ln 2 if they were negatives."""
    constant = torch.ones(1, 4, 40)
    overlapping = PooledInfoNCE(4, PooledInfoNCEConfig(seconds=0.3, every=0.05), 0.01)
    assert overlapping(constant, constant, generator(), None).item() == pytest.approx(0.0, abs=1e-5)
    separate = PooledInfoNCE(4, PooledInfoNCEConfig(seconds=0.1, every=0.15), 0.01)
    assert separate(constant, constant, generator(), None).item() == pytest.approx(math.log(2), abs=1e-5)


def test_each_module_of_sim_plus_has_a_gradient_from_its_own_loss_only() -> None:
    config = override(preset("sim-plus"), {"encoder.modules": small_modules(), "objective.negatives": 20})
    encoder = SIM(config)
    objective = InfoMaxObjective(config, encoder)
    _, parts, context = objective(torch.randn(2, 12_800, generator=generator()) * 0.1, generator())
    assert context is None
    for index, part in enumerate(parts):
        objective.zero_grad()
        (part.info_nce + part.pooled + part.kl).backward(retain_graph=True)
        for other, module in enumerate(encoder.stack):
            has_gradient = any(
                weight.grad is not None and weight.grad.abs().max() > 0 for weight in module.parameters()
            )
            assert has_gradient == (other == index)


def small_modules() -> list[dict]:
    tree = preset("sim-plus").model_dump()
    return [{**module, "hidden": 16, "dims": 8} for module in tree["encoder"]["modules"]]


def test_views_at_different_speeds_are_aligned_in_time() -> None:
    """Latents encode the time in the original, at speeds 1 and 0.5; only aligned frames are predicted well."""
    from tests.trainer.objectives.test_objectives import objective as settings
    from trainer.objectives import InfoNCE

    frames, speeds = 60, torch.tensor([1.0, 0.5])
    times = torch.arange(frames) * speeds[:, None]
    codes = torch.stack([(times / scale).cos() for scale in range(1, 17)] + [(times / s).sin() for s in range(1, 17)])
    latents = codes.transpose(0, 1)
    contrast = InfoNCE(32, 32, (-1, 1), settings(negatives=200, anchors=None))
    with torch.no_grad():
        contrast.predict.weight.copy_(3 * torch.eye(32).repeat(2, 1))
    aligned = contrast(other_view(latents), latents, generator(), other_view(speeds) / speeds)
    misaligned = contrast(other_view(latents), latents, generator(), torch.ones(2))
    assert aligned.item() < misaligned.item() - 0.5
