"""Whitening of a bundle's latent spaces on its training recordings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from trainer import bundle
from trainer.bundle import Report
from trainer.corpus import read_recording
from trainer.evaluation.selection import min_clip_seconds, select_clips
from trainer.evaluation.text_table import columns
from trainer.model import Posterior, Whitening


class _Moments:
    """Mean and covariance of draws from posteriors, added up clip by clip."""

    def __init__(self, dims: int) -> None:
        self.frames, self.sum = 0, torch.zeros(dims, dtype=torch.float64)
        self.products = torch.zeros(dims, dims, dtype=torch.float64)

    def add(self, posterior: Posterior) -> None:
        """Add the frames of a posterior (D, L)."""
        mean = posterior.mean.double()
        self.frames += mean.shape[1]
        self.sum += mean.sum(1)
        self.products += mean @ mean.T
        if posterior.logvar is not None:
            self.products += torch.diag(posterior.logvar.double().exp().sum(1))

    def result(self) -> tuple[Tensor, Tensor]:
        """Mean [D] and covariance [D, D]."""
        mean = self.sum / self.frames
        return mean, self.products / self.frames - torch.outer(mean, mean)


def whiten_bundle(path: Path, folders: Sequence[Path], clips: int) -> list[str]:
    """Whiten the bundle at `path` so that draws from its posteriors have mean 0 and covariance I, and return lines to
    print.

    The map is fitted on `clips` training recordings of `folders`. The report is emptied, because its results belong to
    the old dimensions. Raises ValueError if the bundle is rotated.
    """
    header, model = bundle.read_config(path), bundle.load(path)
    if model.rotation is not None:
        raise ValueError("the bundle is rotated; remove the rotation first, with `python -m trainer rotate --undo`")
    model.whitening = None
    least = min_clip_seconds(header.config)
    moments = {module: _Moments(model.dims(module)) for module in range(1, model.modules_count + 1)}
    chosen = select_clips(folders, header, "train", clips, min_seconds=least)
    for clip in tqdm(chosen, desc="encode", unit="clip", leave=False):
        posteriors = model.encode(read_recording(clip.recording, header.config.sample_rate))
        for found, posterior in zip(moments.values(), posteriors, strict=True):
            found.add(posterior)
    results = {module: found.result() for module, found in moments.items()}
    bundle.save_whitening(path, Whitening.from_moments(results))
    bundle.write_report(path, Report())
    return _table(results, {module: found.frames for module, found in moments.items()})


def remove_whitening(path: Path) -> None:
    """Remove the whitening of the bundle at `path` and empty its report: dimensions are as trained again.

    Raises BundleError if there is no bundle at `path`, ValueError if the bundle is rotated.
    """
    if bundle.load(path).rotation is not None:
        raise ValueError("the bundle is rotated; remove the rotation first, with `python -m trainer rotate --undo`")
    bundle.save_whitening(path, None)
    bundle.write_report(path, Report())


def _table(moments: dict[int, tuple[Tensor, Tensor]], frames: dict[int, int]) -> list[str]:
    """Standard deviations of the trained dimensions, and of the principal axes of their covariance."""
    head = ("layer", "frames", "standard deviations before", "along principal axes")
    rows = []
    for module, (_, covariance) in moments.items():
        of_dims, of_axes = covariance.diagonal().sqrt(), torch.linalg.eigvalsh(covariance).clamp_min(0).sqrt()
        rows.append(
            (str(module), str(frames[module]), *(f"{one.min():.2f} to {one.max():.2f}" for one in (of_dims, of_axes)))
        )
    return columns([head, *rows])
