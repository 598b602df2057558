"""How normal latents are, as lines for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trainer.evaluation.text_table import columns, show

Row = dict[str, Any]


def table(joint: Sequence[Row], each: Sequence[Row], certified: Sequence[Row]) -> list[str]:
    """Lines for a terminal."""
    head = ("module", "of", "level", "energy distance", "by chance", "sliced Wasserstein", "MMD^2", "told by a network")
    cells = [
        (
            str(row["module"]),
            row["of"],
            row["level"],
            _show(row["energy"]),
            f"{row['energy']['chance']:.4f}",
            _show(row["sliced_wasserstein"]),
            _show(row["mmd2"]),
            show(tuple(row["classifier"])),
        )
        for row in joint
    ]
    lines = [*columns([head, *cells]), ""]
    rows = [("module", "frames", "worth", "KS, median over dims", "largest", "A^2/n, median", "certified KL, a block")]
    for row in each:
        dims = row["dimensions"]
        own = [one for one in certified if one["module"] == row["module"]]
        distances = [one["ks"][0] for one in dims]
        rows.append(
            (
                str(row["module"]),
                str(dims[0]["frames"]),
                f"{np.median([one['n'] for one in dims]):.0f}",
                f"{np.median(distances):.3f}",
                f"{max(distances):.3f}",
                f"{np.median([one['ad'] for one in dims]):.4f}",
                _certified([one["high"] for one in own]),
            )
        )
    lines += columns(rows)
    if any(one["binds"] for one in certified):
        lines += ["", "A certificate's ceiling binds: take more recordings, fewer dimensions a block, or more noise."]
    return lines


def _show(row: Row) -> str:
    return f"{row['value']:.4f} [{row['low']:.4f}, {row['high']:.4f}]"


def _certified(most: Sequence[float]) -> str:
    return f"at most {np.median(most):.3f} nats (median), {max(most):.3f}" if most else "none"
