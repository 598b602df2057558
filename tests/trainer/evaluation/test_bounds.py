"""Bounds over trials made by hand: what proves all, what proves nothing, and what it is read beside."""

import numpy as np
import pytest

from trainer.evaluation.probing.bounds import bound_rows, table
from trainer.metrics.probing.cross_validation import CrossValidation
from trainer.metrics.probing.pooling import LOG_MEL, UNTRAINED
from trainer.metrics.probing.tasks import make_task


@pytest.fixture(scope="module")
def rows() -> list:
    """Four even classes in 60 groups; module 1 has them in means that lie far apart, the others nothing of them."""
    rng = np.random.default_rng(0)
    classes = np.tile(np.arange(4), 300)
    question = make_task("vowel", [f"v{number}" for number in classes], [f"g{number // 20}" for number in range(1200)])
    noise = {name: rng.normal(size=(1200, 8)).astype("f4") for name in (LOG_MEL, "module 1", f"{UNTRAINED} module 1")}
    noise["module 1"][:, 0] += 10 * (classes % 2)
    noise["module 1"][:, 1] += 10 * (classes // 2)
    return list(bound_rows(noise, CrossValidation(question, 5, (2, 3, 4))))


def test_separate_classes_are_proven_to_their_entropy_and_noise_to_nothing(rows: list) -> None:
    found = {(row.representation, row.family): row for row in rows}
    assert len(rows) == len(found) == 2 * 4
    for family in ("linear", "one hidden layer"):
        told = found["module 1", family]
        assert told.entropy == pytest.approx(2.0, abs=0.01)
        assert told.bits == pytest.approx(2.0, abs=0.1)
        assert told.donsker_varadhan == pytest.approx(2.0, abs=0.1)
        assert told.accuracy > 0.99
        for name in (LOG_MEL, f"{UNTRAINED} module 1", "shuffled labels (module 1)"):
            nothing = found[name, family]
            assert nothing.bits < 0.02
            assert nothing.low < 0.02
            assert nothing.accuracy < 0.4
    assert all(row.low <= row.bits <= row.high and row.classes == 4 for row in rows)


def test_margins_are_of_linear_probes_and_in_order(rows: list) -> None:
    for row in rows:
        assert (row.margins is None) or row.family == "linear"
    low, middle, high = next(row.margins for row in rows if (row.representation, row.family) == ("module 1", "linear"))
    # Half of 10 in units of features whose sd is about 5.1
    assert 0 < low < middle < high
    assert middle == pytest.approx(1.0, abs=0.3)


def test_the_table_has_a_line_for_each_row(rows: list) -> None:
    lines = table(rows)
    assert lines[0].startswith("vowel: H = 2.00 bits, 4 classes, n = ")
    assert len(lines) == 2 + len(rows)
