"""Turn a bundle's axes toward named factors, and say what each then tells, beside what it told as trained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from trainer import bundle
from trainer.bundle import FactorLabel, Report
from trainer.evaluation.dimensions.factors import FactorRow, factor_questions, module_factors
from trainer.evaluation.frame_labels import known
from trainer.evaluation.frame_samples import Moments, gather
from trainer.evaluation.selection import choose, shortest_seconds
from trainer.evaluation.text_table import columns
from trainer.metrics.latents.factor_basis import Target, aligned_basis
from trainer.model import Axes

ALIGNMENT_KEY = "alignment"
"""Where a report has what the axes of a bundle were turned toward, and what that brought."""
FOLLOWED = {"f0": 1, "voicing": 1, "loudness": 1, "vowel": 2, "consonant": 2, "formant_scale": 1}
"""The factors, in their order, and how many axes each may take. What a single source of sound can be told by comes
first; vowels and consonants lie in planes.
"""


def align(path: Path, folders: Sequence[Path], clips: int) -> list[str]:
    """Give the bundle at `path` axes that follow FOLLOWED on `clips` recordings of `folders` that it was trained with,
    and lines to read: on recordings held out, the most bits a dimension tells of each factor, as trained and now.

    What its report said of dimensions was of other axes and is dropped. Raises ValueError where no factor is known.
    """
    model, header = bundle.load(path), bundle.read_config(path)
    model.axes = None
    least = shortest_seconds(header.config)
    learnt = gather(model, choose(folders, header, "train", clips, least_seconds=least))
    targets = _targets(learnt)
    if not targets:
        raise ValueError(f"none of {', '.join(FOLLOWED)} is known of these recordings, so there is nothing to follow")
    found = {module: aligned_basis(latents, targets) for module, latents in learnt.latents.items()}
    axes = Axes.of({module: torch.from_numpy(basis).float() for module, (basis, _) in found.items()})
    held_out = gather(model, choose(folders, header, "validation", clips, least_seconds=least))
    rows = _rows(held_out, {module: basis for module, (basis, _) in found.items()})
    bundle.save_axes(path, axes)
    told = {
        "data": " + ".join(folder.resolve().name for folder in folders),
        "moments": len(learnt.seconds),
        "axes": {str(module): followed for module, (_, followed) in found.items()},
        "rows": rows,
    }
    bundle.write_report(path, Report.model_validate({"modules": (), ALIGNMENT_KEY: told}))
    return _table(rows)


def restore(path: Path) -> None:
    """Take the axes away again: the bundle's dimensions are those it was trained with, and nothing is said of them."""
    bundle.save_axes(path, None)
    bundle.write_report(path, Report())


def _targets(moments: Moments) -> list[Target]:
    targets = []
    for factor, axes in FOLLOWED.items():
        track = moments.tracks[factor]
        there = np.flatnonzero(known(track))
        values = track[there] if track.dtype.kind == "U" else track[there].astype(np.float64)
        if len(set(values.tolist())) > 1:
            targets.append(Target(factor, axes, there, values))
    return targets


def _rows(moments: Moments, bases: dict[int, Any]) -> list[dict[str, Any]]:
    """For each module and factor the dimension of most bits, as trained and along the new axes."""
    asked, _ = factor_questions(moments)
    rows = []
    for module, latents in moments.latents.items():
        before, before_labels = module_factors(module, latents, asked)
        after, after_labels = module_factors(module, (latents @ bases[module].T).astype(np.float32), asked)
        for old, new in zip(before, after, strict=True):
            rows.append(
                {
                    "module": module,
                    "factor": new.factor,
                    "as_trained": _best(old, before_labels),
                    "aligned": _best(new, after_labels),
                    "entropy": new.entropy,
                    "chance": new.chance,
                    "n": new.n,
                    "group": new.group,
                    "groups": new.groups,
                }
            )
    return rows


def _best(row: FactorRow, labels: dict[int, tuple[FactorLabel, ...]]) -> dict[str, Any] | None:
    """The dimension that tells most of a factor, with its interval; None where none tells more than chance."""
    told = [(label, dim) for dim, each in labels.items() for label in each if label.factor == row.factor]
    if not told:
        return None
    label, dim = max(told, key=lambda pair: pair[0].bits)
    return {"dim": dim, "bits": label.bits, "low": label.low, "high": label.high}


def _table(rows: Sequence[dict[str, Any]]) -> list[str]:
    head = ("module", "factor", "of", "as trained, most bits in dimension", "along the axes")
    cells = [
        (
            str(row["module"]),
            row["factor"],
            f"{row['entropy']:.2f} bits",
            _cell(row["as_trained"]),
            _cell(row["aligned"]),
        )
        for row in rows
    ]
    return columns([head, *cells])


def _cell(best: dict[str, Any] | None) -> str:
    if best is None:
        return "none above chance"
    return f"{best['dim']}: {best['bits']:.2f} [{best['low']:.2f}, {best['high']:.2f}]"
