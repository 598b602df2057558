import numpy as np
import pytest
import torch

from trainer.bundle import Report
from trainer.config import preset
from trainer.evaluation.decoding.interpolation import interpolations
from trainer.evaluation.decoding.reconstruction import add_reconstructions, reconstructions
from trainer.evaluation.dimensions.sensitivity import sensitivity
from trainer.evaluation.dimensions.usage_report import report_usage, step_effects
from trainer.metrics.latents.usage import usage
from trainer.metrics.speech.spectrogram_correlation import correlation, mean_spectrum_correlation
from trainer.model import Model, Posterior


@pytest.fixture
def model() -> Model:
    torch.manual_seed(0)
    made = Model(preset("tiny"))
    for module in (1, 3):
        made.add_decoder(module)
    return made.eval()


def waves(count: int = 3) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.normal(size=9000 + 1000 * index).astype(np.float32) * 0.1 for index in range(count)]


def test_usage_of_a_constructed_code() -> None:
    """Dimension 0 is the prior itself, 1 carries a known mean, 2 a known variance."""
    mean, logvar = torch.zeros(3, 400), torch.zeros(3, 400)
    mean[1, ::2], mean[1, 1::2] = 2.0, -2.0
    logvar[2] = -2.0
    found = usage([Posterior(mean[:, :100], logvar[:, :100]), Posterior(mean[:, 100:], logvar[:, 100:])])
    assert found.kl == pytest.approx([0.0, 2.0, 0.5 * (np.exp(-2) - 1 + 2)], abs=1e-6)
    assert found.active.tolist() == [False, True, True]
    assert found.mean == pytest.approx([0.0, 0.0, 0.0])
    assert found.sd == pytest.approx([0.0, 2.0, 0.0])
    assert found.frame_rms == pytest.approx(np.full(400, np.sqrt(4 / 3)))


def test_deterministic_usage_goes_by_spread() -> None:
    mean = torch.zeros(2, 50)
    mean[1] = torch.randn(50, generator=torch.Generator().manual_seed(0))
    found = usage([Posterior(mean, None)])
    assert found.kl is None
    assert found.active.tolist() == [False, True]
    assert usage([Posterior(mean * 1e-4, None)]).active.tolist() == [False, True], "it has no scale of its own"
    assert not usage([Posterior(torch.ones(2, 50), None)]).active.any()


def test_frames_are_counted_in_quarters_and_the_ends_hold_what_lies_beyond() -> None:
    mean = torch.tensor([[-6.1, -6.0, -5.76, -0.01, 0.0, 0.24, 0.25, 5.9, 6.0, 1e6], [1.1] * 10])
    found = usage([Posterior(mean[:, :4], None), Posterior(mean[:, 4:], None)])
    assert found.counts.shape == (2, 48)
    assert {int(bin): int(found.counts[0, bin]) for bin in found.counts[0].nonzero()[0]} == {
        0: 3,
        23: 1,
        24: 2,
        25: 1,
        47: 3,
    }
    assert found.counts[1, 28] == found.counts[1].sum() == 10
    assert found.mean[1] == pytest.approx(1.1)


def test_a_histogram_of_standard_normal_latents_is_the_normal_curve() -> None:
    mean = torch.randn(2, 100_000, generator=torch.Generator().manual_seed(0))
    edges = torch.linspace(-6, 6, 49)
    wanted = torch.special.ndtr(edges).diff().numpy()
    assert usage([Posterior(mean, None)]).counts / 100_000 == pytest.approx(np.stack([wanted, wanted]), abs=0.005)


def test_frame_rms_quantiles_of_standard_normal_latents() -> None:
    mean = torch.randn(64, 20_000, generator=torch.Generator().manual_seed(0))
    quantiles = usage([Posterior(mean, None)]).frame_rms_quantiles
    assert len(quantiles) == 101
    assert quantiles[50] == pytest.approx(1.0, abs=0.01)


def test_a_dimension_the_decoder_does_not_see_has_no_sensitivity(model: Model) -> None:
    with torch.no_grad():
        model.decoders["3"].stem.weight[:, 2] = 0.0
    clips = [(torch.randn(8, 40, generator=torch.Generator().manual_seed(1)), 6400)]
    found = sensitivity(model, 3, clips)
    assert found[2] == 0.0
    assert (np.delete(found, 2) > 0).all()


def test_correlation_is_pearson() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(80, 50)), rng.normal(size=(80, 50))
    assert correlation(a, a) == pytest.approx(1.0)
    assert correlation(a, -3 * a + 2) == pytest.approx(-1.0)
    assert correlation(a, a + b) == pytest.approx(np.corrcoef(a.ravel(), (a + b).ravel())[0, 1])
    assert correlation(a, np.ones_like(a)) == 0.0
    # Equal variance in the bands' means and in the course around them: the still spectrum explains half, r = sqrt(1/2).
    still = rng.normal(size=(80, 1)) + rng.normal(size=(80, 4000))
    assert mean_spectrum_correlation(still) == pytest.approx(np.sqrt(0.5), abs=0.08)


def test_report_holds_every_dimension(model: Model) -> None:
    report = report_usage(model, waves())
    assert [part.module for part in report.modules] == [1, 2, 3]
    assert [len(part.dimensions) for part in report.modules] == [8, 8, 8]
    assert report.modules[1].dimensions[0].sensitivity is None
    assert all(dimension.sensitivity > 0 for dimension in report.modules[2].dimensions)
    means = torch.cat([model.encode(wave)[2].mean for wave in waves()], dim=1).numpy()
    for dimension in report.modules[2].dimensions:
        assert dimension.mean == pytest.approx(means[dimension.dim].mean(), abs=1e-6)
        assert dimension.std == pytest.approx(means[dimension.dim].std(), rel=1e-5)
        histogram = dimension.histogram
        assert sum(histogram.counts) == report.modules[2].frames
        expected = np.histogram(means[dimension.dim], len(histogram.counts), (histogram.low, histogram.high))[0]
        assert histogram.counts == tuple(expected)
        assert sum(histogram.shares) == pytest.approx(1.0)
    assert report.modules[2].frames == sum(model.geometry[2].frames(len(wave)) for wave in waves())
    effects = step_effects(model, waves(), report, top=2)
    assert [effect.module for effect in effects] == [1, 1, 3, 3]
    ranked = sorted(report.modules[0].dimensions, key=lambda dimension: -dimension.kl)
    assert [effect.dim for effect in effects[:2]] == [dimension.dim for dimension in ranked[:2]]


def test_a_deterministic_model_is_measured_by_spread() -> None:
    """GIM: no KL anywhere, activity by the latents' spread, and steps ranked by what they do."""
    torch.manual_seed(0)
    tiny = preset("tiny")
    plain = Model(tiny.model_copy(update={"encoder": tiny.encoder.model_copy(update={"probabilistic": False})})).eval()
    with torch.no_grad():
        plain.encoder.stack[2].mean.weight[3] = 0.0
    plain.add_decoder(3)
    report = report_usage(plain, waves())
    assert all(dimension.kl is None for part in report.modules for dimension in part.dimensions)
    assert [dimension.active for dimension in report.modules[2].dimensions] == [dim != 3 for dim in range(8)]
    sensitivities = [dimension.sensitivity for dimension in report.modules[2].dimensions]
    (effect,) = step_effects(plain, waves(), report, top=1)
    assert effect.dim == int(np.argmax(sensitivities))


def test_interpolation_ends_at_the_other_clip(model: Model) -> None:
    found = interpolations(model, 3, waves(), pairs=4)
    assert [row.swapped for row in found] == [2, 4, 8]
    assert found[-1].waveform.mean == found[-1].log_mel.mean == 0.0
    assert found[0].waveform.n == 4
    with pytest.raises(ValueError, match="no decoder"):
        interpolations(model, 2, waves(), pairs=4)


def test_reconstructions_join_the_report_once_per_data(model: Model) -> None:
    results = reconstructions(model, waves())
    assert [result.module for result in results] == [1, 3]
    assert all(result.correlation.n == 3 and len(result.each) == 3 for result in results)
    report = add_reconstructions(add_reconstructions(Report(), "a", results), "a", results)
    assert len(report.model_extra["reconstruction"]) == 2
