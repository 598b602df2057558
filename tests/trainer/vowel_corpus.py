"""A corpus of synthetic vowels with known pitch and timed phones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import soundfile

from tests.signals import formant_harmonics

RATE = 16_000
VOWELS = {"a": (700, 1200), "i": (300, 2300), "u": (350, 800)}


def sound(vowel: str, hertz: float, rng: np.random.Generator) -> np.ndarray:
    """0.15 s of harmonics of `hertz`, strongest at the vowel's two formants."""
    wave = formant_harmonics(hertz, VOWELS[vowel], 0.15, RATE, floor=0.02, highest_hz=4000)
    return (0.05 * wave + 0.001 * rng.normal(size=len(wave))).astype(np.float32)


def write_vowels(folder: Path) -> Path:
    """Ten speakers, each with another pitch, and four recordings of four vowels each."""
    rng, lines = np.random.default_rng(0), []
    folder.mkdir()
    for number in range(40):
        vowels = rng.choice(list(VOWELS), size=4).tolist()
        hertz = 100 * 2 ** ((number % 10) / 10)
        wave = np.concatenate([sound(vowel, hertz * rng.uniform(0.95, 1.05), rng) for vowel in vowels])
        soundfile.write(folder / f"{number}.wav", wave, RATE)
        phones = [
            {"phone": v, "start": round(0.15 * n, 3), "end": round(0.15 * (n + 1), 3)} for n, v in enumerate(vowels)
        ]
        lines.append({"path": f"{number}.wav", "speaker": f"s{number % 10}", "word": f"w{number}", "phones": phones})
    (folder / "manifest.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return folder
