"""Syllables made of tones: the vowel sets the pitch, the consonant is inaudible."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

RATE = 16_000
PITCH = {"a": 300.0, "i": 900.0, "u": 2700.0}
CONSONANTS = "bdg"
WORDS = [
    f"{first}{second}{third}" for first in CONSONANTS for second in PITCH for third in ("ba", "bi", "bu", "da", "du")
]


def tone(vowel: str, rng: np.random.Generator) -> np.ndarray:
    """0.2 s of a tone with random loudness and phase, in weak noise."""
    times = np.arange(RATE // 5) / RATE
    sound = np.sin(2 * np.pi * (PITCH[vowel] * times + rng.uniform()))
    return (rng.uniform(0.02, 0.5) * (sound + 0.05 * rng.normal(size=len(times)))).astype(np.float32)


def write_syllables(folder: Path, seed: int = 0) -> Path:
    """Two takes of two syllables of each word, named WORD_TAKE_NUMBER_SYLLABLE.wav."""
    folder.mkdir()
    rng = np.random.default_rng(seed)
    for word in WORDS:
        for number, vowel in enumerate((word[1], word[3])):
            consonant = rng.choice(list(CONSONANTS))
            for take in (1, 2):
                soundfile.write(folder / f"{word}_{take}_{number}_{consonant}{vowel}.wav", tone(vowel, rng), RATE)
    return folder
