"""Synthetic frame samples whose latents depend on known labels, and an empty report."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from trainer.bundle import DimensionReport, ModuleReport, Report
from trainer.corpus import Recording
from trainer.evaluation.frame_labels import FACTORS, SPEAKER
from trainer.evaluation.frame_samples import FrameSamples
from trainer.evaluation.selection import Clip

LENGTH = 100
VOWELS, CONSONANTS = ("a", "i", "u"), ("b", "s")


def synthetic_samples(speakers: int = 10, each: int = 6, seed: int = 0) -> FrameSamples:
    """`each` recordings per speaker of LENGTH time points; the sound changes every ten.

    Latents of module 1: F0 plus noise, an angle per sound, the speaker plus noise, noise, and slow noise.
    """
    rng = np.random.default_rng(seed)
    count = speakers * each
    recording = np.repeat(np.arange(count), LENGTH)
    speaker = recording // each
    n = len(recording)
    sound = np.repeat(rng.integers(5, size=n // 10), 10)
    phones = np.array([*VOWELS, *CONSONANTS])[sound]
    is_vowel = sound < 3
    f0 = 7 + 0.05 * speaker + np.repeat(rng.normal(size=n // 10), 10)
    labels = {
        "phone": phones,
        "vowel": np.where(is_vowel, phones, ""),
        "consonant": np.where(is_vowel, "", phones),
        "voicing": np.where(phones == "s", "voiceless", "voiced"),
        "f0": np.where(phones == "s", np.nan, f0),
        "formant_scale": 0.8 + 0.01 * speaker,
        "loudness": rng.normal(size=n),
        "rate": np.full(n, np.nan),
        SPEAKER: np.array([f"s{number}" for number in speaker]),
        "position": np.tile(np.linspace(0, 1, LENGTH), count),
    }
    latents = np.stack(
        [
            f0 + 0.3 * rng.normal(size=n),
            np.cos(2 * np.pi * sound / 5) + 0.05 * rng.normal(size=n),
            0.3 * speaker + rng.normal(size=n),
            rng.normal(size=n),
            np.repeat(rng.normal(size=n // 50), 50),
        ],
        axis=1,
    )
    clips = tuple(
        Clip(Recording(Path(f"{one}.wav"), 1.0, {SPEAKER: f"s{one // each}"}), "made up", str(one))
        for one in range(count)
    )
    seconds = (np.arange(n) % LENGTH + 0.5) / LENGTH
    return FrameSamples(clips, recording, seconds, {1: latents.astype("f4")}, {name: labels[name] for name in FACTORS})


def blank_report(dims: int, modules: int = 1) -> Report:
    """A report with active dimensions and no other results."""
    dimensions = tuple(DimensionReport(dim=dim, active=True) for dim in range(dims))
    return Report(modules=tuple(ModuleReport(module=one + 1, dimensions=dimensions) for one in range(modules)))
