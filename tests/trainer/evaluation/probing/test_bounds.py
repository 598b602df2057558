"""Information bounds of constructed features: separable classes, noise and baselines."""

import numpy as np
import pytest

from trainer.evaluation.probing.bounds import bound_rows, table
from trainer.metrics.probing.cross_validation import CrossValidation
from trainer.metrics.probing.pooling import LOG_MEL, UNTRAINED
from trainer.metrics.probing.tasks import make_task


@pytest.fixture(scope="module")
def rows() -> list:
    """Four balanced classes in 60 groups; module 1 separates them, the other representations are noise."""
    rng = np.random.default_rng(0)
    classes = np.tile(np.arange(4), 300)
    question = make_task("vowel", [f"v{number}" for number in classes], [f"g{number // 20}" for number in range(1200)])
    noise = {name: rng.normal(size=(1200, 8)).astype("f4") for name in (LOG_MEL, "module 1", f"{UNTRAINED} module 1")}
    noise["module 1"][:, 0] += 10 * (classes % 2)
    noise["module 1"][:, 1] += 10 * (classes // 2)
    return list(bound_rows(noise, CrossValidation(question, 5, (2, 3, 4))))


def test_separable_classes_reach_their_entropy_and_noise_gives_zero_bits(rows: list) -> None:
    found = {(row.representation, row.family): row for row in rows}
    assert len(rows) == len(found) == 2 * 4
    for family in ("linear", "one hidden layer"):
        separable = found["module 1", family]
        assert separable.entropy == pytest.approx(2.0, abs=0.01)
        assert separable.bits == pytest.approx(2.0, abs=0.1)
        assert separable.accuracy > 0.99
        for name in (LOG_MEL, f"{UNTRAINED} module 1", "shuffled labels (module 1)"):
            noise = found[name, family]
            assert noise.bits < 0.02
            assert noise.low < 0.02
            assert noise.accuracy < 0.4
    assert all(row.low <= row.bits <= row.high and row.classes == 4 for row in rows)


def test_only_linear_probes_have_margins_in_ascending_order(rows: list) -> None:
    for row in rows:
        assert (row.margins is None) or row.family == "linear"
    low, middle, high = next(row.margins for row in rows if (row.representation, row.family) == ("module 1", "linear"))
    # Half the distance of 10, in units of the feature sd of about 5.1
    assert 0 < low < middle < high
    assert middle == pytest.approx(1.0, abs=0.3)


def test_table_has_one_line_per_row(rows: list) -> None:
    lines = table(rows)
    assert lines[0].startswith("vowel: H = 2.00 bits, 4 classes, n = ")
    assert len(lines) == 2 + len(rows)
