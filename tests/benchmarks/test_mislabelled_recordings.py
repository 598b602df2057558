"""Formants of synthetic vowels, and the table of mislabelled recordings."""

import json

import numpy as np
import pytest

pytest.importorskip("parselmouth", reason="needs praat-parselmouth")

from benchmarks.mislabelled_recordings import loudest_formants
from benchmarks.tables import MISLABELLED, mislabelled
from tests.signals import peak_scaled, resonant_pulses

RATE = 16_000


def vowel(first: float, second: float, seconds: float = 0.3) -> np.ndarray:
    """A source of 110 Hz, falling by 12 dB per octave, through these formants and three common ones."""
    resonances = [(0, 200), (first, 80), (second, 100), (2900, 120), (3700, 150), (4700, 200)]
    return peak_scaled(resonant_pulses(110, resonances, seconds, RATE), 0.3).astype(np.float32)


@pytest.mark.parametrize(("first", "second"), [(700, 1250), (300, 2200)])
def test_formants_are_measured_where_the_clip_is_loudest(first: float, second: float) -> None:
    soft = 0.05 * vowel(500, 1700)
    measured = np.exp(loudest_formants(np.concatenate([soft, vowel(first, second), soft]), RATE))
    assert measured == pytest.approx([first, second], rel=0.08)


def test_table_gives_the_highest_possible_accuracy(tmp_path) -> None:
    summary = {"n": 400, "missed_by_both": 3, "missed_by_one": {"log-mel": 1, "formants": 5}}
    (tmp_path / "some.jsonl").write_text('{"word": "bababa"}\n' + json.dumps(summary) + "\n")
    assert "| 400 | 3 | 4 | 8 | 99.25 |" in mislabelled(tmp_path / "some.jsonl")
    *listed, last = MISLABELLED.read_text().splitlines()
    assert json.loads(last)["missed_by_both"] == len(listed)
