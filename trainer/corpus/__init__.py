"""Corpora: folders of recordings, labels, splits, crops, and the built-in synthetic corpus."""

from trainer.corpus.audio_files import read_recording
from trainer.corpus.examples import synthesise_examples
from trainer.corpus.folder import scan
from trainer.corpus.recording import SILENCE, CorpusError, Recording, Segment
from trainer.corpus.split import split
from trainer.corpus.synthetic import synthesise

__all__ = [
    "SILENCE",
    "CorpusError",
    "Recording",
    "Segment",
    "read_recording",
    "scan",
    "split",
    "synthesise",
    "synthesise_examples",
]
