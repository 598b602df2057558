"""README's table of the shipped model, made from the report that lies in its bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trainer import bundle
from trainer.reports.decoders import DECODERS_KEY, RETENTION
from trainer.reports.tables import show

COLUMNS = {
    "log_mel_distance_db": "log-mel distance, dB",
    "stoi": "STOI",
    "pesq": "PESQ",
    "f0_correlation": "F0 correlation",
    RETENTION: "phone retention",
}
"""Of all that `analyse decoders` measures, what README has room for; the model card has the rest."""


def kept() -> str:
    """What decoded clips keep: for each set of recordings a line a sound, with the number of clips."""
    report = bundle.read_report(bundle.DEMO)
    rows: Sequence[Mapping[str, Any]] = (report.model_extra or {}).get(DECODERS_KEY, []) if report else []
    cells = {(row["data"], row["sound"], row["measure"]): row for row in rows}
    lines = []
    for data, sound in dict.fromkeys((row["data"], row["sound"]) for row in rows):
        found = [cells.get((data, sound, measure)) for measure in COLUMNS]
        clips = max((row["n"] for row in found if row is not None and row["measure"] != RETENTION), default=0)
        if clips:
            figures = [show((row["mean"], row["low"], row["high"])) if row else "" for row in found]
            lines.append([data, sound, str(clips), *figures])
    heads = ["recordings", "sound", "n", *COLUMNS.values()]
    return "".join(f"| {' | '.join(line)} |\n" for line in [heads, ["---"] * len(heads), *lines])
