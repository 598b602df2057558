"""Comparison of whole modules with known results."""

import numpy as np
import pytest

from trainer.evaluation.ensembles.channel_samples import ChannelSamples
from trainer.evaluation.ensembles.module_comparison import compare_modules


def samples(*channels: tuple[int, int, np.ndarray]) -> ChannelSamples:
    """Samples of channels (model, module, means [N]) with small variances."""
    mean = np.stack([means for _, _, means in channels]).astype(np.float32)
    origin = np.array([(model, module, 0) for model, module, _ in channels])
    return ChannelSamples((), np.arange(mean.shape[1]), mean, np.full_like(mean, -8), origin, {})


CODE, OTHER = 100.0 * np.arange(16).repeat(4), 100.0 * np.tile(np.arange(4), 16)
SILENT = np.zeros(64)


def test_equal_codes_have_nmi_one_and_independent_codes_zero() -> None:
    (row,) = compare_modules(samples((0, 1, CODE), (1, 1, -CODE)), models=2)
    assert (row.nmi.value, row.vi.value) == (pytest.approx(1), pytest.approx(0, abs=1e-9))
    assert (row.bits, row.ceiling) == (pytest.approx(4), 6)
    (row,) = compare_modules(samples((0, 1, CODE), (1, 1, OTHER)), models=2)
    assert (row.nmi.value, row.vi.value) == (pytest.approx(0, abs=1e-9), pytest.approx(6))


def test_models_without_information_are_left_out() -> None:
    informative, silent = ((0, 1, CODE), (1, 1, CODE)), ((2, 1, SILENT), (0, 2, SILENT), (1, 2, SILENT), (2, 2, CODE))
    (row,) = compare_modules(samples(*informative, *silent), models=3)
    assert (row.module, row.bits) == (1, pytest.approx(4))
    assert row.nmi.value == pytest.approx(1)
