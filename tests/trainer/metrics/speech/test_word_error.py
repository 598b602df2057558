"""Word errors of known texts, and of sounds that the recogniser understands or not."""

import importlib.util

import numpy as np
import pytest
import soxr

from tests.signals import white_noise
from trainer.corpus.espeak import SAMPLE_RATE, Voice
from trainer.corpus.synthesis import in_fresh_processes, speak
from trainer.corpus.utterances import SENTENCES, Utterance
from trainer.metrics.speech.word_error import PACKAGES, normalise_text, recognise, word_errors

pytest.importorskip("jiwer")
with_recogniser = pytest.mark.skipif(
    any(importlib.util.find_spec(package) is None for package in PACKAGES), reason="needs the extra recognition"
)


@pytest.mark.parametrize(
    ("recognised", "errors"),
    [
        ("the cat sat on the mat", 0),
        ("The cat, sat on the MAT!", 0),
        ("the cat sat on mat", 1),
        ("the bat sat on on the mat", 2),
        ("", 6),
    ],
)
def test_counts_substitutions_deletions_and_insertions(recognised: str, errors: int) -> None:
    assert word_errors("The cat sat on the mat.", recognised) == (errors, 6)


def test_text_without_words_has_no_errors() -> None:
    assert word_errors("[beep]", "hello") == (0, 0)


def test_normalised_text() -> None:
    assert normalise_text("Don’t (laughs) go — NOW, please!") == "don't go now please"


@with_recogniser
def test_recognises_speech_and_not_noise() -> None:
    pytest.importorskip("espeakng_loader")
    texts = [text for text in SENTENCES if len(text.split()) > 7][:3]
    sentences = [Utterance("sentence", text, text, phonemes=False, rate=140, pitch_range=40) for text in texts]
    voice = Voice(f0=110.0, formant_scale=1.0, breathiness=0.0, roughness=0)
    [spoken] = in_fresh_processes(speak, [(voice, sentences, (0,))], 1, "speak")
    counts = []
    for one in spoken:
        wave = soxr.resample(one.wave / np.float32(2**15), SAMPLE_RATE, 16_000)
        counts.append(word_errors(one.utterance.text, recognise(wave.astype("f4"), 16_000)))
    errors, words = np.sum(counts, axis=0)
    assert errors < 0.5 * words
    noise = recognise(white_noise(2.0, 16_000, level=0.1).astype("f4"), 16_000)
    assert word_errors(texts[0], noise)[0] >= len(texts[0].split()) - 1
