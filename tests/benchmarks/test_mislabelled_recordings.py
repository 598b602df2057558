"""The formants by which misnamed recordings are found, of vowels whose formants are known."""

import json

import numpy as np
import pytest
from scipy.signal import lfilter

pytest.importorskip("parselmouth", reason="needs praat-parselmouth")

from benchmarks.mislabelled_recordings import loudest_formants
from benchmarks.tables import MISLABELLED, mislabelled

RATE = 16_000


def vowel(first: float, second: float, seconds: float = 0.3) -> np.ndarray:
    """A buzz of 110 Hz, falling by 12 dB an octave, through these resonances and three that all vowels share."""
    wave = np.zeros(round(seconds * RATE))
    wave[:: round(RATE / 110)] = 1.0
    for hz, width in ((0, 200), (first, 80), (second, 100), (2900, 120), (3700, 150), (4700, 200)):
        pole = np.exp(-np.pi * width / RATE)
        wave = lfilter([1.0], [1.0, -2 * pole * np.cos(2 * np.pi * hz / RATE), pole**2], wave)
    return (0.3 * wave / np.abs(wave).max()).astype(np.float32)


@pytest.mark.parametrize(("first", "second"), [(700, 1250), (300, 2200)])
def test_they_are_those_of_the_loudest_moments(first: float, second: float) -> None:
    soft = 0.05 * vowel(500, 1700)
    heard = np.exp(loudest_formants(np.concatenate([soft, vowel(first, second), soft]), RATE))
    assert heard == pytest.approx([first, second], rel=0.08)


def test_the_ceiling_is_what_is_left(tmp_path) -> None:
    told = {"n": 400, "missed_by_both": 3, "missed_by_one": {"log-mel": 1, "formants": 5}}
    (tmp_path / "some.jsonl").write_text('{"word": "bababa"}\n' + json.dumps(told) + "\n")
    assert "| 400 | 3 | 4 | 8 | 99.25 |" in mislabelled(tmp_path / "some.jsonl")
    *listed, last = MISLABELLED.read_text().splitlines()
    assert json.loads(last)["missed_by_both"] == len(listed)
