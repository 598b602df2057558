"""Rotation of a bundle's latent spaces towards named factors, and the bits per dimension before and after."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from trainer import bundle
from trainer.bundle import FactorLabel, Report
from trainer.evaluation.dimensions.factors import FactorRow, factor_tasks, module_factors
from trainer.evaluation.frame_labels import is_known
from trainer.evaluation.frame_samples import FrameSamples, sample_frames
from trainer.evaluation.selection import min_clip_seconds, select_clips
from trainer.evaluation.text_table import columns, format_interval
from trainer.metrics.latents.factor_basis import FactorTarget, aligned_basis
from trainer.model import Rotation

ALIGNMENT_KEY = "alignment"
"""Key in the report: the factors that the dimensions of a rotated bundle follow, and the bits before and after."""
FOLLOWED_FACTORS = {"f0": 1, "voicing": 1, "loudness": 1, "vowel": 2, "consonant": 2, "formant_scale": 1}
"""The factors, in order, and the maximum number of dimensions of each. Properties of the voice source come first;
vowels and consonants span planes.
"""


def rotate_bundle(path: Path, folders: Sequence[Path], clips: int) -> list[str]:
    """Rotate the bundle at `path` so that dimensions follow FOLLOWED_FACTORS, and return lines to print.

    The rotation is fitted on `clips` training recordings of `folders`. The lines compare, on held-out recordings, the
    highest bits of one dimension about each factor before and after. The report is replaced, because its results
    belong to the old dimensions. Raises ValueError if no factor is known.
    """
    model, header = bundle.load(path), bundle.read_config(path)
    model.rotation = None
    least = min_clip_seconds(header.config)
    train = sample_frames(model, select_clips(folders, header, "train", clips, min_seconds=least))
    targets = _targets(train)
    if not targets:
        raise ValueError(f"these recordings have no labels for any of {', '.join(FOLLOWED_FACTORS)}")
    found = {module: aligned_basis(latents, targets) for module, latents in train.latents.items()}
    rotation = Rotation.from_bases({module: torch.from_numpy(basis).float() for module, (basis, _) in found.items()})
    held_out = sample_frames(model, select_clips(folders, header, "validation", clips, min_seconds=least))
    rows = _rows(held_out, {module: basis for module, (basis, _) in found.items()})
    bundle.save_rotation(path, rotation)
    results = {
        "data": " + ".join(folder.resolve().name for folder in folders),
        "moments": len(train.seconds),
        "axes": {str(module): followed for module, (_, followed) in found.items()},
        "rows": rows,
    }
    bundle.write_report(path, Report.model_validate({"modules": (), ALIGNMENT_KEY: results}))
    return _table(rows)


def remove_rotation(path: Path) -> None:
    """Remove the rotation of the bundle at `path` and empty its report: dimensions are as trained again.

    Raises BundleError if there is no bundle at `path`.
    """
    bundle.read_config(path)
    bundle.save_rotation(path, None)
    bundle.write_report(path, Report())


def _targets(samples: FrameSamples) -> list[FactorTarget]:
    targets = []
    for factor, dims in FOLLOWED_FACTORS.items():
        labels = samples.labels[factor]
        known = np.flatnonzero(is_known(labels))
        values = labels[known] if labels.dtype.kind == "U" else labels[known].astype(np.float64)
        if len(set(values.tolist())) > 1:
            targets.append(FactorTarget(factor, dims, known, values))
    return targets


def _rows(samples: FrameSamples, bases: dict[int, Any]) -> list[dict[str, Any]]:
    """For each module and factor, the most informative dimension as trained and after rotation."""
    tasks, _ = factor_tasks(samples)
    rows = []
    for module, latents in samples.latents.items():
        before, before_labels = module_factors(module, latents, tasks)
        after, after_labels = module_factors(module, (latents @ bases[module].T).astype(np.float32), tasks)
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
    """The most informative dimension about a factor, with its interval; None if none is above chance."""
    found = [(label, dim) for dim, each in labels.items() for label in each if label.factor == row.factor]
    if not found:
        return None
    label, dim = max(found, key=lambda pair: pair[0].bits)
    return {"dim": dim, "bits": label.bits, "low": label.low, "high": label.high}


def _table(rows: Sequence[dict[str, Any]]) -> list[str]:
    head = ("layer", "factor", "entropy", "as trained: dimension, bits", "rotated: dimension, bits")
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
    return f"{best['dim']}: {format_interval((best['bits'], best['low'], best['high']), digits=2)}"
