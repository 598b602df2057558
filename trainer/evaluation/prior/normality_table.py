"""Distance from the prior as tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trainer.evaluation.report_rows import Row
from trainer.evaluation.text_table import columns, format_interval


def table(joint: Sequence[Row], dimensions: Sequence[Row], certified: Sequence[Row]) -> list[str]:
    """Lines: joint distances, then per-dimension distances and certified bounds of each layer."""
    head = (
        "layer",
        "sample",
        "level",
        "energy distance",
        "95 % level of N(0, I)",
        "sliced Wasserstein",
        "MMD^2",
        "classifier accuracy",
    )
    cells = [
        (
            str(row["module"]),
            row["of"],
            row["level"],
            _distance(row["energy"]),
            f"{row['energy']['chance']:.4f}",
            _distance(row["sliced_wasserstein"]),
            _distance(row["mmd2"]),
            format_interval(tuple(row["classifier"])),
        )
        for row in joint
    ]
    lines = [*columns([head, *cells]), ""]
    rows = [
        (
            "layer",
            "frames",
            "effective n",
            "SD of dims",
            "typical draws of N(0, I), %",
            "KS distance, median of dims",
            "maximum",
            "A^2/n, median",
            "certified KL per block",
        )
    ]
    for row in dimensions:
        dims = row["dimensions"]
        of_module = [one for one in certified if one["module"] == row["module"]]
        distances = [one["ks"][0] for one in dims]
        rows.append(
            (
                str(row["module"]),
                str(dims[0]["frames"]),
                f"{np.median([one['n'] for one in dims]):.0f}",
                f"{min(row['sd']):.2f} to {max(row['sd']):.2f}",
                "" if row["typical_prior_draws"] is None else f"{100 * row['typical_prior_draws']:.0f}",
                f"{np.median(distances):.3f}",
                f"{max(distances):.3f}",
                f"{np.median([one['ad'] for one in dims]):.4f}",
                _certified([one["high"] for one in of_module]),
            )
        )
    lines += columns(rows)
    if any(one["binds"] for one in certified):
        lines += [
            "",
            "Some certificates are limited by the number of frames: use more recordings, smaller blocks or more noise.",
        ]
    return lines


def _distance(row: Row) -> str:
    return format_interval((row["value"], row["low"], row["high"]), digits=4)


def _certified(bounds: Sequence[float]) -> str:
    return f"at most {np.median(bounds):.3f} nats (median), {max(bounds):.3f} (maximum)" if bounds else "none"
