"""Concentration of probe weights."""

import numpy as np
import pytest

from trainer.metrics.probing.concentration import cumulative_shares, dimension_weights, dims_to_reach


def test_weights_common_to_all_classes_do_not_count() -> None:
    weights = np.array([[3.0, 5.0, 1.0], [-3.0, 5.0, 1.0], [0.0, 5.0, -2.0]])
    assert dimension_weights(weights) == pytest.approx([np.sqrt(18), 0.0, np.sqrt(6)])
    assert cumulative_shares(dimension_weights(weights)) == pytest.approx([0.75, 1.0, 1.0])
    assert cumulative_shares(np.zeros(2)) == pytest.approx([0.0, 0.0])


def test_dims_to_reach_nine_tenths() -> None:
    assert dims_to_reach({1: 0.5, 2: 0.91, 4: 0.95, 8: 1.0}) == 2
    assert dims_to_reach({1: 0.5, 2: 0.91, 4: 0.95, 8: 1.0}, share=0.99) == 8
    assert dims_to_reach({2: 1.0, 4: 0.4}) == 2, "more dimensions can lower the bits"
    assert dims_to_reach({1: -0.1, 2: 0.0}) is None
