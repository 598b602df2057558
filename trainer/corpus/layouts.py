"""What the place and the name of a recording tell about it, layout by layout (folder.py lists them)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from trainer.corpus.labels import read_text
from trainer.corpus.split import SPLITS

Labels = dict[str, str | float]

_LIBRISPEECH = re.compile(r"(?P<speaker>\d+)-(?P<chapter>\d+)-\d+")
_SPEECH_COMMANDS = re.compile(r"(?P<speaker>[0-9a-f]+)_nohash_\d+")
_WORD_TAKE = re.compile(r"(?P<word>[^\W\d_]+)_(?P<take>\d+)(?:_\d+_(?P<syllable>[^\W\d_]+))?")
_OPEN_SYLLABLE = re.compile(r"(?P<consonant>[b-df-hj-np-tv-z])(?P<vowel>[aeiou])", re.IGNORECASE)
_FESTVOX_LINE = re.compile(r'\(\s*(?P<name>\S+)\s+"(?P<text>.*)"\s*\)')


def layout_labels(folder: Path, audio: Sequence[Path]) -> list[Labels]:
    """The labels of each of the `audio` files found under `folder`."""
    if any(map(_is_librispeech, audio)):
        return _librispeech(audio)
    tops = [path.relative_to(folder).parts[0] if path.parent != folder else None for path in audio]
    names = {top for top in tops if top is not None}
    if None not in tops and names and all(name.lower() in SPLITS for name in names):
        parts: list[Labels] = [{"split": str(top).lower()} for top in tops]
        return _joined(parts, _word_takes(audio), _festvox(audio))
    if None not in tops and len(names) > 1:
        return _joined([{"class": str(top)} for top in tops], _speech_commands(audio))
    return _joined(_word_takes(audio), _festvox(audio))


def _joined(*sources: list[Labels]) -> list[Labels]:
    return [
        {name: value for labels in of_one for name, value in labels.items()} for of_one in zip(*sources, strict=True)
    ]


def _is_librispeech(path: Path) -> bool:
    match = _LIBRISPEECH.fullmatch(path.stem)
    return match is not None and path.parts[-3:-1] == (match["speaker"], match["chapter"])


def _librispeech(audio: Sequence[Path]) -> list[Labels]:
    ours = [path for path in audio if _is_librispeech(path)]
    transcripts = {path.parent / f"{path.parts[-3]}-{path.parts[-2]}.trans.txt" for path in ours}
    lines = [line.strip().partition(" ") for file in transcripts for line in _lines(file)]
    texts = {name: text for name, _, text in lines}
    labels: dict[Path, Labels] = {}
    for path in ours:
        labels[path] = {"speaker": path.parts[-3], "chapter": path.parts[-2]}
        if path.stem in texts:
            labels[path]["text"] = texts[path.stem]
    return [labels.get(path, {}) for path in audio]


def _speech_commands(audio: Sequence[Path]) -> list[Labels]:
    matches = [_SPEECH_COMMANDS.fullmatch(path.stem) for path in audio]
    return [{"speaker": match["speaker"]} if match else {} for match in matches]


def _word_takes(audio: Sequence[Path]) -> list[Labels]:
    """From the names, if all tell a word and a take and the words differ (ru_0001, ru_0002 ... are numbers)."""
    matches = [match for match in (_WORD_TAKE.fullmatch(path.stem) for path in audio) if match]
    if len(matches) < len(audio) or len({match["word"] for match in matches}) < 2:
        return [{} for _ in audio]
    labels: list[Labels] = []
    for match in matches:
        labels.append({"word": match["word"], "take": float(match["take"])})
        if match["syllable"]:
            labels[-1]["syllable"] = match["syllable"]
            sounds = _OPEN_SYLLABLE.fullmatch(match["syllable"])
            labels[-1].update(sounds.groupdict() if sounds else {})
    return labels


def _festvox(audio: Sequence[Path]) -> list[Labels]:
    texts = {home: _festvox_texts(home.parent / "etc" / "txt.done.data") for home in {path.parent for path in audio}}
    found = [texts[path.parent].get(path.stem) for path in audio]
    return [{"text": text} if text else {} for text in found]


def _festvox_texts(file: Path) -> dict[str, str]:
    matches = [match for match in (_FESTVOX_LINE.match(line.strip()) for line in _lines(file)) if match]
    return {match["name"]: match["text"].replace('\\"', '"') for match in matches}


def _lines(file: Path) -> Iterable[str]:
    return read_text(file).splitlines() if file.is_file() else ()
