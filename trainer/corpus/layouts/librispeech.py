"""LibriSpeech: SPEAKER/CHAPTER/SPEAKER-CHAPTER-NUMBER.flac with SPEAKER-CHAPTER.trans.txt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from trainer.corpus.label_files import read_lines
from trainer.corpus.layouts.labels import Labels

_NAME = re.compile(r"(?P<speaker>\d+)-(?P<chapter>\d+)-\d+")


def librispeech(folder: Path, audio: Sequence[Path]) -> list[Labels] | None:
    """Labels speaker, chapter and text. Applies if any file has a LibriSpeech path; other files get no labels."""
    matching = [path for path in audio if _is_librispeech(path)]
    if not matching:
        return None
    transcripts = {path.parent / f"{path.parts[-3]}-{path.parts[-2]}.trans.txt" for path in matching}
    lines = [line.strip().partition(" ") for file in transcripts for line in read_lines(file)]
    texts = {name: text for name, _, text in lines}
    labels: dict[Path, Labels] = {}
    for path in matching:
        labels[path] = {"speaker": path.parts[-3], "chapter": path.parts[-2]}
        if path.stem in texts:
            labels[path]["text"] = texts[path.stem]
    return [labels.get(path, {}) for path in audio]


def _is_librispeech(path: Path) -> bool:
    match = _NAME.fullmatch(path.stem)
    return match is not None and path.parts[-3:-1] == (match["speaker"], match["chapter"])
