"""Any other folder: labels from names like WORD_TAKE, and from a festvox voice's transcripts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from trainer.corpus.label_files import read_lines
from trainer.corpus.layouts.labels import Labels, merge

_WORD_TAKE = re.compile(r"(?P<word>[^\W\d_]+)_(?P<take>\d+)(?:_\d+_(?P<syllable>[^\W\d_]+))?")
_OPEN_SYLLABLE = re.compile(r"(?P<consonant>[b-df-hj-np-tv-z])(?P<vowel>[aeiou])", re.IGNORECASE)
_FESTVOX_LINE = re.compile(r'\(\s*(?P<name>\S+)\s+"(?P<text>.*)"\s*\)')


def flat(folder: Path, audio: Sequence[Path]) -> list[Labels]:
    """Labels word, take, syllable, consonant and vowel from names, and text from etc/txt.done.data. Always applies."""
    return merge(_word_takes(audio), _festvox(audio))


def _word_takes(audio: Sequence[Path]) -> list[Labels]:
    """Labels from names, if all have a word and a take and the words differ (ru_0001, ru_0002 are mere numbers)."""
    matches = [match for match in (_WORD_TAKE.fullmatch(path.stem) for path in audio) if match]
    if len(matches) < len(audio) or len({match["word"] for match in matches}) < 2:
        return [{} for _ in audio]
    labels: list[Labels] = []
    for match in matches:
        labels.append({"word": match["word"], "take": float(match["take"])})
        if match["syllable"]:
            labels[-1]["syllable"] = match["syllable"]
            phones = _OPEN_SYLLABLE.fullmatch(match["syllable"])
            labels[-1].update(phones.groupdict() if phones else {})
    return labels


def _festvox(audio: Sequence[Path]) -> list[Labels]:
    """Label text from the voice's etc/txt.done.data, next to the folder with the audio."""
    folders = {path.parent for path in audio}
    texts = {folder: _festvox_texts(folder.parent / "etc" / "txt.done.data") for folder in folders}
    found = [texts[path.parent].get(path.stem) for path in audio]
    return [{"text": text} if text else {} for text in found]


def _festvox_texts(file: Path) -> dict[str, str]:
    """Text by recording name, from lines ( NAME "TEXT" )."""
    matches = [match for match in (_FESTVOX_LINE.match(line.strip()) for line in read_lines(file)) if match]
    return {match["name"]: match["text"].replace('\\"', '"') for match in matches}
