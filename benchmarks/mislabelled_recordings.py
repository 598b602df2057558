"""Recordings of the Artificial Speech Dataset whose file name probably states the wrong vowel.

Two independent representations predict the vowel, each by a probe that was not trained on the word: the mean log-mel
spectrum, and the first two formants where the clip is loudest. If both are wrong, the name is assumed to be wrong; such
clips limit the accuracy that any model can reach.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.syllables import TEST_FOLDS, Clips, held_out, pooled_features, read_clips
from benchmarks.trainings import SYLLABLES
from trainer.config import preset
from trainer.evaluation.representations import LOUDNESS_DBFS
from trainer.metrics.probing.pooling import (
    LOG_MEL,
    MEAN,
    Features,
    Waveform,
    log_mel_source,
    select_pooling,
)
from trainer.metrics.speech.formants import INSTALLED, formants
from trainer.runtime.distribution import install_command

RESULTS = Path(__file__).parent / "results" / "mislabelled.jsonl"
VOWEL = "vowel"
_HOP_SECONDS, _MAX_BELOW_PEAK_DB = 0.01, 6.0


def rows(data: Path) -> Iterator[dict[str, Any]]:
    """One row per probably mislabelled recording of the test folds, then a summary; written to RESULTS.

    Raises ValueError if formants cannot be measured.
    """
    if not INSTALLED:
        raise ValueError(f"formants need praat-parselmouth: {install_command('formants')}")
    clips = read_clips(data / SYLLABLES, preset("sim").sample_rate)
    tested = np.isin(clips.folds, TEST_FOLDS)
    correct = {
        name: held_out(dict.fromkeys(TEST_FOLDS, features), clips.labels[VOWEL], clips.folds)
        for name, features in _features(clips).items()
    }
    missed_by_all = tested & ~np.logical_or.reduce(list(correct.values()))
    found: list[dict[str, Any]] = [
        {"word": str(clips.words[at]), **{label: str(values[at]) for label, values in clips.labels.items()}}
        for at in np.flatnonzero(missed_by_all)
    ]
    missed_by_one = {name: int((tested & ~flags & ~missed_by_all).sum()) for name, flags in correct.items()}
    found.append({"n": int(tested.sum()), "missed_by_both": len(found), "missed_by_one": missed_by_one})
    RESULTS.write_text("".join(f"{json.dumps(row)}\n" for row in found), encoding="utf-8")
    yield from found


def _features(clips: Clips) -> dict[str, Features]:
    log_mel = pooled_features([log_mel_source(clips.sample_rate)], clips, LOUDNESS_DBFS)[LOG_MEL]
    formant_values = np.stack([loudest_formants(waveform, clips.sample_rate) for waveform in clips.waveforms])
    return {LOG_MEL: select_pooling(log_mel, MEAN), "formants": np.nan_to_num(formant_values)}


def loudest_formants(waveform: Waveform, sample_rate: int) -> Features:
    """log F1 and log F2 (Hz) [2]: medians over the time points at most 6 dB below the maximum level."""
    hop = round(_HOP_SECONDS * sample_rate)
    frames = waveform[: len(waveform) // hop * hop].reshape(-1, hop)
    power = (frames.astype(np.float64) ** 2).mean(1)
    loud = np.flatnonzero(power >= power.max() * 10 ** (-_MAX_BELOW_PEAK_DB / 10))
    seconds = (loud + 0.5) * hop / sample_rate
    found: Features = np.log(np.nanmedian(formants(waveform, sample_rate, seconds)[:, :2], 0))
    return found
