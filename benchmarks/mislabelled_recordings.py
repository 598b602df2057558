"""Recordings of the Artificial Speech Dataset in which another vowel is heard than their file is named after.

Two measures that have nothing in common tell the vowel, each by a probe that has not met the word: the mean log-mel
spectrum, and the first two formants at the loudest moments. Where both miss it, the name is taken to be wrong, and no
model can tell such a vowel by its name, except by chance.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.syllables import TEST_FOLDS, Clips, held_out, read_clips
from benchmarks.trainings import SYLLABLES
from trainer.config import preset
from trainer.evaluation.representations import LOUDNESS_DBFS
from trainer.metrics.probing.pooling import (
    LOG_MEL,
    MEAN,
    WHOLE_CLIP,
    Features,
    Waveform,
    log_mel_source,
    normalise_loudness,
    pool_clips,
    select_pooling,
)
from trainer.metrics.speech.formants import INSTALLED, formants
from trainer.runtime.distribution import install_command

RESULTS = Path(__file__).parent / "results" / "misnamed.jsonl"
VOWEL = "vowel"
_HOP_SECONDS, _BELOW_LOUDEST_DB = 0.01, 6.0


def rows(data: Path) -> Iterator[dict[str, Any]]:
    """A row for each, then one for how many there are of those that the tables are of; all are kept in RESULTS. Raises
    ValueError where formants cannot be measured.
    """
    if not INSTALLED:
        raise ValueError(f"formants need praat-parselmouth: {install_command('formants')}")
    clips = read_clips(data / SYLLABLES, preset("sim").sample_rate)
    tested = np.isin(clips.folds, TEST_FOLDS)
    right = {
        name: held_out(dict.fromkeys(TEST_FOLDS, features), clips.labels[VOWEL], clips.folds)
        for name, features in _measured(clips).items()
    }
    missed = tested & ~np.logical_or.reduce(list(right.values()))
    found: list[dict[str, Any]] = [
        {"word": str(clips.words[at]), **{label: str(values[at]) for label, values in clips.labels.items()}}
        for at in np.flatnonzero(missed)
    ]
    alone = {name: int((tested & ~flags & ~missed).sum()) for name, flags in right.items()}
    found.append({"n": int(tested.sum()), "missed_by_both": len(found), "missed_by_one": alone})
    RESULTS.write_text("".join(f"{json.dumps(row)}\n" for row in found), encoding="utf-8")
    yield from found


def _measured(clips: Clips) -> dict[str, Features]:
    source = log_mel_source(clips.sample_rate)
    pooled = pool_clips(
        [source], ((normalise_loudness(waveform, LOUDNESS_DBFS), [WHOLE_CLIP]) for waveform in clips.waveforms)
    )
    tones = np.stack([loudest_formants(waveform, clips.sample_rate) for waveform in clips.waveforms])
    return {LOG_MEL: select_pooling(pooled[LOG_MEL], MEAN), "formants": np.nan_to_num(tones)}


def loudest_formants(waveform: Waveform, sample_rate: int) -> Features:
    """log F1 and log F2 (of Hz) [2]: their medians over moments that are little softer than the loudest."""
    hop = round(_HOP_SECONDS * sample_rate)
    frames = waveform[: len(waveform) // hop * hop].reshape(-1, hop)
    power = (frames.astype(np.float64) ** 2).mean(1)
    loud = np.flatnonzero(power >= power.max() * 10 ** (-_BELOW_LOUDEST_DB / 10))
    found: Features = np.log(np.nanmedian(formants(waveform, sample_rate, (loud + 0.5) * hop / sample_rate)[:, :2], 0))
    return found
