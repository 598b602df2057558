"""Where recordings come from: folders of them, their labels, training and validation parts, synthetic speech."""

from trainer.corpus.examples import synthesise_examples
from trainer.corpus.files import read_recording
from trainer.corpus.folder import scan
from trainer.corpus.labels import SILENCE, CorpusError, Recording, Segment
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
