"""One folder per class, as in Speech Commands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from trainer.corpus.layouts.labels import Labels, merge, top_folders

_SPEECH_COMMANDS = re.compile(r"(?P<speaker>[0-9a-f]+)_nohash_\d+")


def class_folders(folder: Path, audio: Sequence[Path]) -> list[Labels] | None:
    """Label class, and speaker for names like HASH_nohash_N. Applies if all files are in two or more top folders."""
    tops = top_folders(folder, audio)
    if None in tops or len(set(tops)) < 2:
        return None
    matches = [_SPEECH_COMMANDS.fullmatch(path.stem) for path in audio]
    speakers: list[Labels] = [{"speaker": match["speaker"]} if match else {} for match in matches]
    return merge([{"class": str(top)} for top in tops], speakers)
