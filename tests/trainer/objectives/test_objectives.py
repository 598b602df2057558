import math

import pytest
import torch
from torch import Tensor

from trainer.config import (
    AdversarialConfig,
    DecoderLossConfig,
    FramePrediction,
    ObjectiveConfig,
    TimePrediction,
    override,
    preset,
)
from trainer.geometry import encoder_geometry
from trainer.model import SIM, Posterior
from trainer.objectives import AdversarialLoss, InfoMaxObjective, InfoNCE, ReconstructionLoss, prediction_frames
from trainer.objectives.reparameterisation import sample_posterior
from trainer.objectives.spectra import compressed


def objective(**changes: object) -> ObjectiveConfig:
    settings = {"prediction": FramePrediction(steps=2), "negatives": 50, "beta": (0.0,)}
    return ObjectiveConfig(**{**settings, **changes})


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_useless_predictions_have_the_log_of_the_candidates_as_loss() -> None:
    contrast = InfoNCE(8, 8, (1, 2), objective())
    torch.nn.init.zeros_(contrast.predict.weight)
    latents = torch.randn(3, 8, 40, generator=generator())
    assert contrast(latents, latents, generator()).item() == pytest.approx(math.log(51), abs=1e-5)


def test_perfect_predictions_have_no_loss_unless_a_negative_equals_the_target() -> None:
    """One-hot frames that repeat with the distance: W = large identity finds the target; a negative of the same
    symbol ties with it.
    """
    symbols, distance, negatives = 64, 3, 16
    pattern = torch.arange(60) % distance
    latents = torch.nn.functional.one_hot(pattern, symbols).float().T[None]
    contrast = InfoNCE(symbols, symbols, (distance,), objective(negatives=negatives))
    with torch.no_grad():
        contrast.predict.weight.copy_(100.0 * torch.eye(symbols))
    loss = contrast(latents, latents, generator()).item()
    # The three symbols are equally common: about a third of the negatives tie with the target.
    expected = sum(
        math.comb(negatives, k) * (1 / 3) ** k * (2 / 3) ** (negatives - k) * math.log(k + 1)
        for k in range(negatives + 1)
    )
    assert loss == pytest.approx(expected, rel=0.25)


def test_bound_on_a_gaussian_channel_is_below_the_true_information() -> None:
    """z_{t+1} = z_t + noise between independent clips: with the optimal bilinear score, ln(n+1) - loss must not
    exceed the true information.
    """
    n, correlation, negatives = 4000, 0.9, 200
    first = torch.randn(n, 1, generator=generator())
    second = correlation * first + math.sqrt(1 - correlation**2) * torch.randn(n, 1, generator=generator(1))
    latents = torch.stack([first, second], dim=2)
    contrast = InfoNCE(1, 1, (1,), objective(negatives=negatives))
    best = 0.0
    for weight in torch.linspace(0.1, 4, 20):
        torch.nn.init.constant_(contrast.predict.weight, float(weight))
        best = max(best, math.log(negatives + 1) - contrast(latents, latents, generator()).item())
    truth = -0.5 * math.log(1 - correlation**2)
    assert 0.2 * truth < best < truth + 0.05


def test_window_and_anchors_give_a_finite_loss() -> None:
    latents = torch.randn(2, 4, 300, generator=generator())
    for changes in ({"window": 50}, {"anchors": 5}, {"window": 50, "anchors": 5}):
        loss = InfoNCE(4, 4, (1, 2), objective(**changes))(latents, latents, generator())
        assert torch.isfinite(loss)
    with pytest.raises(ValueError, match="crop_samples"):
        InfoNCE(4, 4, (10,), objective())(latents[:, :, :10], latents[:, :, :10], generator())


def test_distances_in_seconds_are_equal_at_every_module() -> None:
    config = preset("tiny")
    ahead = objective(prediction=TimePrediction(distances=tuple(k / 100 for k in range(1, 11))))
    seconds = []
    for module in encoder_geometry(config.encoder, config.sample_rate):
        frames = prediction_frames(ahead, module.hop_seconds)
        seconds.append([frame * module.hop_seconds for frame in frames])
    assert seconds[0] == pytest.approx(seconds[2])
    assert seconds[2] == pytest.approx([0.01 * k for k in range(1, 11)])
    paper = preset("sim")
    assert prediction_frames(paper.objective, 0.00125) == tuple(range(1, 11))
    with pytest.raises(ValueError, match="shorter than half"):
        prediction_frames(objective(prediction=TimePrediction(distances=(0.001,))), 0.01)


def test_total_is_info_nce_plus_beta_kl_summed_over_dims() -> None:
    config = override(preset("tiny"), {"objective.beta": [0.5, 0.25, 0.125]})
    total, parts, _ = InfoMaxObjective(config, SIM(config))(torch.randn(2, 5120, generator=generator()), generator())
    expected = sum(
        part.info_nce.item() + beta * part.kl.item() for part, beta in zip(parts, (0.5, 0.25, 0.125), strict=True)
    )
    assert total.item() == pytest.approx(expected, rel=1e-5)
    for part in parts:
        assert part.kl.item() == pytest.approx(part.kl_per_dim.sum().item(), rel=1e-5)


def test_same_generator_gives_the_same_loss() -> None:
    config = preset("tiny")
    contrast = InfoMaxObjective(config, SIM(config))
    wave = torch.randn(2, 5120, generator=generator())
    assert torch.equal(contrast(wave, generator(3))[0], contrast(wave, generator(3))[0])
    assert not torch.equal(contrast(wave, generator(3))[0], contrast(wave, generator(4))[0])


def test_reconstruction_loss_of_the_original_and_of_a_gain() -> None:
    loss = ReconstructionLoss(DecoderLossConfig(waveform=1.0), 16_000)
    wave = torch.randn(2, 8000, generator=generator()) * 0.1
    total, parts = loss(wave, wave)
    assert total.item() == pytest.approx(0.0, abs=1e-6)
    assert set(parts) == {"waveform", "log_mel", "stft"}
    _, parts = loss(wave * 0.5, wave)
    assert float(parts["waveform"]) == pytest.approx(float((wave**2).mean()) / 4, rel=1e-4)
    assert float(parts["log_mel"]) == pytest.approx(0.602, abs=0.01)
    assert float(parts["stft"]) == pytest.approx(0.5 + math.log(2), abs=0.02)


def test_only_the_complex_term_depends_on_phase() -> None:
    loss = ReconstructionLoss(DecoderLossConfig(complex=1.0), 16_000)
    wave = torch.randn(2, 8000, generator=generator()) * 0.1
    _, same = loss(wave, wave)
    _, flipped = loss(-wave, wave)
    assert same["complex"] == 0
    for name in ("log_mel", "stft"):
        assert float(flipped[name]) == pytest.approx(0.0, abs=1e-6)
    # Every bin is opposite: twice the root mean square of its compressed magnitude.
    bins = compressed(wave, torch.hann_window(512))
    assert float(flipped["complex"]) == pytest.approx(2 * float(bins.abs().square().mean().sqrt()), rel=1e-4)
    plain = torch.stft(wave, 512, 128, window=torch.hann_window(512), pad_mode="constant", return_complex=True)
    loud = plain.abs() > 0.05
    torch.testing.assert_close(bins.abs()[loud], plain.abs()[loud] ** 0.3, rtol=1e-3, atol=0)
    torch.testing.assert_close((bins / bins.abs())[loud], (plain / plain.abs())[loud], rtol=0, atol=1e-4)


ADVERSARY = AdversarialConfig(channels=4, windows_seconds=(0.016, 0.032))


def test_adversarial_losses_have_separate_gradients() -> None:
    loss = AdversarialLoss(ADVERSARY, 16_000)
    original = torch.randn(2, 4000, generator=generator())
    decoded = torch.randn(2, 4000, generator=generator(1), requires_grad=True)
    parts = loss(decoded, original)
    (parts.generator_loss + parts.matching).backward(retain_graph=True)
    assert decoded.grad.abs().max() > 0
    assert all(weight.grad is None for weight in loss.parameters())
    decoded.grad = None
    parts.discriminator.backward()
    assert decoded.grad is None
    assert all(weight.grad.abs().max() > 0 for weight in loss.parameters())


def test_identical_sound_has_no_matching_loss_and_cannot_be_discriminated() -> None:
    loss = AdversarialLoss(ADVERSARY, 16_000)
    original = torch.randn(2, 4000, generator=generator())
    parts = loss(original.clone(), original)
    assert parts.matching == 0
    # The output v is the same for both sounds, and (v - 1)^2 + v^2 is at least 1/2.
    assert parts.discriminator >= 0.5


def test_trained_discriminator_raises_the_generator_loss() -> None:
    torch.manual_seed(0)
    loss = AdversarialLoss(ADVERSARY, 16_000)
    optimiser = torch.optim.AdamW(loss.parameters(), lr=3e-3)
    for step in range(120):
        noise = torch.randn(2, 4000, generator=generator(step))
        parts = loss(noise.cumsum(1) * 0.05, noise)
        optimiser.zero_grad()
        parts.discriminator.backward()
        optimiser.step()
    assert parts.discriminator < 0.2
    assert parts.generator_loss > 0.6


def test_discriminator_reads_the_old_name_of_its_last_convolution() -> None:
    loss, copy = AdversarialLoss(ADVERSARY, 16_000), AdversarialLoss(ADVERSARY, 16_000)
    state = {name.replace("output_conv", "verdict"): value for name, value in loss.state_dict().items()}
    assert any("verdict" in name for name in state)
    copy.load_state_dict(state)
    assert all(torch.equal(a, b) for a, b in zip(loss.parameters(), copy.parameters(), strict=True))


@pytest.mark.parametrize("distances", [(1, 2, 5), (-3, -1), (-2, 0, 4)])
def test_info_nce_equals_its_formula_over_all_pairs_of_frames(distances: tuple[int, ...]) -> None:
    """The definition, pair by pair, for future and past frames."""
    batch, dims, frames = 2, 4, 12
    contrast = InfoNCE(3, dims, distances, objective(negatives=6))
    context = torch.randn(batch, 3, frames, generator=generator())
    latents = torch.randn(batch, dims, frames, generator=generator(1))
    frames_of_all = latents.mT.reshape(-1, dims)
    negatives = frames_of_all[torch.randint(len(frames_of_all), (6,), generator=generator(2))]
    means = []
    for number, k in enumerate(distances):
        matrix = contrast.predict.weight[number * dims : (number + 1) * dims]
        terms = []
        for clip in range(batch):
            for t in range(frames):
                if 0 <= t + k < frames:
                    prediction = matrix @ context[clip, :, t]
                    positive = (prediction @ latents[clip, :, t + k]).exp()
                    terms.append(-(positive / (positive + (negatives @ prediction).exp().sum())).log())
        means.append(torch.stack(terms).mean())
    found = contrast(context, latents, generator(2))
    assert found.item() == pytest.approx(torch.stack(means).mean().item(), rel=1e-5)


def test_negatives_of_the_same_crop_are_candidates() -> None:
    contrast = InfoNCE(8, 8, (-2, 1), objective(own_negatives=7))
    torch.nn.init.zeros_(contrast.predict.weight)
    latents = torch.randn(3, 8, 40, generator=generator())
    assert contrast(latents, latents, generator()).item() == pytest.approx(math.log(58), abs=1e-5)
    # Each crop is one symbol: no negative of the same crop differs from the target.
    clips = torch.eye(8)[:3, :, None].expand(-1, -1, 40)
    with torch.no_grad():
        contrast.predict.weight.copy_(100 * torch.eye(8).repeat(2, 1))
    assert contrast(clips, clips, generator()).item() > math.log(8)


@pytest.mark.parametrize("guard", [None, 0, 2])
def test_negatives_near_the_target_are_left_out(guard: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """With all frames of the crop as own negatives, the loss must equal its formula without frames near the target."""
    distance, frames = 2, 12
    contrast = InfoNCE(3, 3, (distance,), objective(negatives=1, own_negatives=frames), guard)
    shared, own = torch.tensor([0]), torch.arange(frames)
    draws = {1: shared, frames: own}
    monkeypatch.setattr("trainer.objectives.infonce._draw", lambda below, count, generator: draws[count])
    latents = torch.randn(1, 3, frames, generator=generator())
    loss = contrast(latents, latents, generator()).item()
    scores = contrast.predict(latents[0].T) @ latents[0]  # [anchors, frames]
    expected = []
    for anchor in range(frames - distance):
        target = anchor + distance
        kept = [t for t in range(frames) if guard is None or abs(t - target) > guard]
        candidates = torch.cat([scores[anchor, [target]], scores[anchor, [0]], scores[anchor, kept]])
        expected.append(-candidates.log_softmax(0)[0])
    assert loss == pytest.approx(torch.stack(expected).mean().item(), abs=1e-5)


def test_each_step_uses_some_distances_and_over_time_all() -> None:
    distances = tuple(sign * k for sign in (1, -1) for k in (1, 2, 3))
    prediction = TimePrediction(distances=tuple(k / 100 for k in distances), per_step=2)
    contrast = InfoNCE(4, 4, distances, objective(prediction=prediction))
    latents = torch.randn(2, 4, 30, generator=generator())
    taken = set()
    for seed in range(30):
        contrast.zero_grad()
        contrast(latents, latents, generator(seed)).backward()
        rows = contrast.predict.weight.grad.view(6, 16).abs().sum(1).nonzero().flatten().tolist()
        assert len(rows) == 2
        taken |= set(rows)
    assert taken == set(range(6))


def mean_and_logvar() -> tuple[Tensor, Tensor]:
    """Double-precision means and log-variances (2, 3, 5) that require gradients."""
    mean = torch.randn(2, 3, 5, dtype=torch.double, generator=generator(), requires_grad=True)
    return mean, torch.randn(2, 3, 5, dtype=torch.double, generator=generator(1), requires_grad=True)


def test_targets_and_context_are_samples_with_independent_noise() -> None:
    posterior, window = Posterior(*mean_and_logvar()), slice(1, 4)
    drawn = sample_posterior(posterior, window, generator(2))
    same_generator = generator(2)
    assert torch.allclose(drawn.latents, posterior.sample(same_generator))
    assert torch.equal(drawn.targets, drawn.latents[..., window])
    assert torch.allclose(drawn.context, posterior.frames(1, 4).sample(same_generator))
    kl = posterior.kl()
    assert kl is not None
    assert drawn.kl_per_dim is not None
    assert torch.allclose(drawn.kl_per_dim, kl.mean((0, 2)))


def test_samples_of_a_deterministic_encoder_are_the_mean() -> None:
    mean, _ = mean_and_logvar()
    drawn = sample_posterior(Posterior(mean, None), slice(1, 4), generator())
    assert drawn.latents is mean
    assert torch.equal(drawn.targets, mean[..., 1:4])
    assert torch.equal(drawn.context, mean[..., 1:4])
    assert drawn.kl_per_dim is None


@pytest.mark.parametrize("kept", [(0, 1, 2, 3), (1, 2, 3), (1, 2), (0,)])
def test_gradients_of_samples_equal_finite_differences(kept: tuple[int, ...]) -> None:
    def samples(mean: Tensor, logvar: Tensor) -> tuple[Tensor | None, ...]:
        drawn = sample_posterior(Posterior(mean, logvar), slice(1, 4), generator(2))
        return tuple(drawn[i] for i in kept)

    assert torch.autograd.gradcheck(samples, mean_and_logvar())


def test_window_limits_the_context_network_too() -> None:
    settings = {
        "encoder.context": {"hidden": 6},
        "objective.window": 16,
        "objective.anchors": None,
        "objective.prediction": {"unit": "frames", "steps": 4},
    }
    config = override(preset("tiny"), settings)
    network = InfoMaxObjective(config, SIM(config))
    seen = []
    network.context_contrast.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].shape[2]))
    network(torch.randn(2, 5120, generator=generator()), generator())
    assert seen == [16]
