"""Fusion of the channels of a hot spot into one, compared with its best member."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from trainer.bundle import Ensemble, Estimate, FusedRow, HotSpot
from trainer.evaluation.ensembles.channel_comparison import informative_channels
from trainer.evaluation.ensembles.channel_samples import ChannelSamples, load_members, sample_channels
from trainer.evaluation.intervals import resampled_interval
from trainer.evaluation.text_table import columns, format_interval
from trainer.metrics.ensembles.channel_fusion import Similarity, fuse_channels
from trainer.metrics.ensembles.fingerprints import ConcatenatedFingerprints, GaussianFingerprints, LabelFingerprints
from trainer.metrics.ensembles.shared_information import SharedInformation, shared_information

BITS, SIMILARITY, UNSEEN = "information", "NMI to the group", "NMI to models not fused"
_RESAMPLES = 40
Values = NDArray[np.float64]
Codes = NDArray[np.int64]


def fuse_ensemble(
    ensemble: Ensemble,
    paths: Sequence[Path],
    folders: Sequence[Path],
    spots: Sequence[int] | None,
    seed: int = 0,
    similarity: Similarity = "vi",
) -> Ensemble:
    """`ensemble` with the fusion of the hot spots numbered `spots`, or of the largest.

    `paths` are its bundles. Raises ValueError for an unknown hot spot, other bundles or other recordings.
    """
    wanted = list(spots) if spots else _largest(ensemble)
    if unknown := [number for number in wanted if not 0 <= number < len(ensemble.hot_spots)]:
        raise ValueError(
            f"--hot-spot {unknown[0]}: the ensemble has {len(ensemble.hot_spots)} hot spots, counted from 0"
        )
    members = load_members(paths)
    if [member.digest for member in members] != [member.digest for member in ensemble.members]:
        raise ValueError("these are not the bundles of ensemble.json; run `python -m trainer analyse channels` first")
    samples = sample_channels(
        members, folders, ensemble.split, ensemble.clips, ensemble.samples, ensemble.modules, ensemble.seed
    )
    kept = informative_channels(samples)
    if len(kept) != len(ensemble.channels):
        raise ValueError("--data: these are not the recordings of ensemble.json; use those it was made from")
    rows = [
        row
        for number in wanted
        for row in fuse_hot_spot(samples, kept, ensemble.hot_spots[number], number, seed, similarity)
    ]
    others = [row for row in ensemble.fusion if row.spot not in wanted]
    return ensemble.model_copy(update={"fusion": (*others, *rows)})


def _largest(ensemble: Ensemble) -> list[int]:
    if not ensemble.hot_spots:
        raise ValueError("the ensemble has no hot spot to fuse; compare more models, or increase the regularisation")
    sizes = [(spot.models, len(spot.channels)) for spot in ensemble.hot_spots]
    return [max(range(len(sizes)), key=lambda number: sizes[number])]


def fuse_hot_spot(
    samples: ChannelSamples, kept: Codes, spot: HotSpot, number: int, seed: int = 0, similarity: Similarity = "vi"
) -> list[FusedRow]:
    """Comparison of the fused channel of hot spot `number` with its best member.

    `kept` are the indices of the ensemble's channels in `samples`. Rows: information; NMI to the members; information
    shared with each of the spot's labels; and, for a channel fused from every other model, NMI to the channels of the
    remaining models, which no channel was optimised for.
    """
    members = kept[list(spot.channels)]
    mean, logvar = samples.mean[members], samples.logvar[members]
    start = list(spot.channels).index(spot.centre)
    labels = [one.label for one in spot.labels]
    codes = np.stack([samples.labels[name] for name in labels])
    fused = fuse_channels(mean, logvar, start, similarity=similarity)
    channels = ConcatenatedFingerprints(
        GaussianFingerprints(np.stack([fused[0], *mean]), np.stack([fused[1], *logvar])), LabelFingerprints(codes)
    )
    drawn = [None, *samples.resampled(_RESAMPLES, seed)]
    bar = tqdm(drawn, desc=f"fusion of hot spot {number}", leave=False)
    found = [shared_information(channels, one) for one in bar]
    count = len(members)
    numbers = np.array(spot.channels)

    def row(measure: str, unit: str, values: Sequence[Values]) -> FusedRow:
        return _row(number, measure, unit, values, numbers)

    rows = [
        row(BITS, "bits", [one.single[: 1 + count] for one in found]),
        row(SIMILARITY, "", [_nmi_to_others(one, count) for one in found]),
    ]
    for index, label in enumerate(labels):
        rows.append(row(label, "bits", [one.mutual[: 1 + count, 1 + count + index] for one in found]))
    unseen = _nmi_to_unseen_models(samples, members, drawn, similarity)
    return rows if unseen is None else [*rows, _row(number, UNSEEN, "", unseen[0], numbers[unseen[1]])]


def _nmi_to_others(shared: SharedInformation, count: int) -> Values:
    """The mean NMI [1 + count] of the fused channel and of each member to all (other) members."""
    nmi = shared.nmi()[: 1 + count, 1 : 1 + count]
    total = nmi.sum(1)
    total[1:] -= np.diag(nmi[1:])
    size = np.full(1 + count, count - 1.0)
    size[0] = count
    means: Values = total / np.maximum(size, 1)
    return means


def _nmi_to_unseen_models(
    samples: ChannelSamples, members: Codes, drawn: Sequence[Codes | None], similarity: Similarity
) -> tuple[list[Values], Codes] | None:
    """NMI to the channels of the second half of the models: of the channel fused from the first half, and of the first
    half's own channels; and which members these are. None if the halves have too few channels.
    """
    model = samples.origin[members, 0]
    models = np.unique(model)
    seen = np.isin(model, models[::2])
    if seen.sum() < 2 or (~seen).sum() < 1:
        return None
    mean, logvar = samples.mean[members], samples.logvar[members]
    own = shared_information(GaussianFingerprints(mean[seen], logvar[seen])).nmi()
    fused = fuse_channels(mean[seen], logvar[seen], int(own.sum(0).argmax()), similarity=similarity)
    order = np.concatenate([np.flatnonzero(seen), np.flatnonzero(~seen)])
    channels = GaussianFingerprints(np.stack([fused[0], *mean[order]]), np.stack([fused[1], *logvar[order]]))
    first = 1 + int(seen.sum())
    values = [shared_information(channels, one).nmi()[:first, first:].mean(1) for one in drawn]
    return values, np.flatnonzero(seen)


def _row(number: int, measure: str, unit: str, values: Sequence[Values], numbers: Codes) -> FusedRow:
    """A row from the values [1 + members], fused channel first, of the sample and of its resamples.

    The best member is selected on the sample, which biases its value upwards.
    """
    best = 1 + int(values[0][1:].argmax())
    return FusedRow(
        spot=number,
        measure=measure,
        unit=unit,
        fused=_interval([one[0] for one in values]),
        best=_interval([one[best] for one in values]),
        difference=_interval([one[0] - one[best] for one in values]),
        best_channel=int(numbers[best - 1]),
    )


def _interval(values: Sequence[float]) -> Estimate:
    """The first value (of the sample) with the interval of the others (of resamples)."""
    return resampled_interval(float(values[0]), values[1:])


def table(rows: Sequence[FusedRow]) -> list[str]:
    """Lines for the terminal."""
    head = ("hot spot", "measure", "fused", "best member", "difference")
    cells = [
        (
            str(row.spot),
            f"{row.measure}{', bits' if row.unit else ''}",
            *map(format_interval, (row.fused, row.best, row.difference)),
        )
        for row in rows
    ]
    return columns([head, *cells])
