"""Usage rows of a report, sensitivity and step effects."""

import numpy as np
import pytest
import torch

from trainer.config import preset
from trainer.evaluation.dimensions.sensitivity import sensitivity
from trainer.evaluation.dimensions.usage_report import report_usage, step_effects
from trainer.model import Model


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


def test_dimension_ignored_by_the_decoder_has_no_sensitivity(model: Model) -> None:
    with torch.no_grad():
        model.decoders["3"].stem.weight[:, 2] = 0.0
    clips = [(torch.randn(8, 40, generator=torch.Generator().manual_seed(1)), 6400)]
    found = sensitivity(model, 3, clips)
    assert found[2] == 0.0
    assert (np.delete(found, 2) > 0).all()


def test_report_has_every_dimension(model: Model) -> None:
    report = report_usage(model, waves()).report
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


def test_deterministic_model_is_ranked_by_standard_deviation() -> None:
    """GIM has no KL: activity is by standard deviation, steps are ranked by their effect."""
    torch.manual_seed(0)
    tiny = preset("tiny")
    plain = Model(tiny.model_copy(update={"encoder": tiny.encoder.model_copy(update={"probabilistic": False})})).eval()
    with torch.no_grad():
        plain.encoder.stack[2].mean.weight[3] = 0.0
    plain.add_decoder(3)
    report = report_usage(plain, waves()).report
    assert all(dimension.kl is None for part in report.modules for dimension in part.dimensions)
    assert [dimension.active for dimension in report.modules[2].dimensions] == [dim != 3 for dim in range(8)]
    sensitivities = [dimension.sensitivity for dimension in report.modules[2].dimensions]
    (effect,) = step_effects(plain, waves(), report, top=1)
    assert effect.dim == int(np.argmax(sensitivities))


def test_reference_frames_need_several_clips(model: Model) -> None:
    found = report_usage(model, waves()).typicality
    assert {module: reference.frames.shape[1] for module, reference in found.items()} == {1: 8, 2: 8, 3: 8}
    assert report_usage(model, waves(1)).typicality == {}
