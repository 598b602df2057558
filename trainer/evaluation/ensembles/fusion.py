"""Whether a channel fused from a group of them holds more than the best of its members."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from trainer.bundle import Ensemble, FusedRow, HotSpot, Measured
from trainer.evaluation.ensembles.channel_comparison import told_channels
from trainer.evaluation.ensembles.channel_samples import Samples, gather_samples, open_sources
from trainer.evaluation.intervals import measured, show
from trainer.evaluation.text_table import columns
from trainer.metrics.ensembles.channel_fusion import Similarity, fuse
from trainer.metrics.ensembles.fingerprints import GaussianFingerprints, LabelFingerprints, Together
from trainer.metrics.ensembles.shared_information import Shared, shared_information

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
    """`ensemble`, of the bundles at `paths`, with the fusion of the hot spots called `spots`, or the largest. Raises
    ValueError where there is no such spot, or the bundles are not those of the ensemble.
    """
    wanted = list(spots) if spots else _largest(ensemble)
    if unknown := [number for number in wanted if not 0 <= number < len(ensemble.hot_spots)]:
        raise ValueError(f"--spot {unknown[0]}: the ensemble has {len(ensemble.hot_spots)} hot spots, counted from 0")
    sources = open_sources(paths)
    if [source.digest for source in sources] != [member.digest for member in ensemble.members]:
        raise ValueError("the bundles are not those of ensemble.json; run `python -m trainer analyse channels` first")
    samples = gather_samples(
        sources, folders, ensemble.side, ensemble.clips, ensemble.samples, ensemble.modules, ensemble.seed
    )
    kept = told_channels(samples)
    if len(kept) != len(ensemble.channels):
        raise ValueError("--data: these are not the recordings of ensemble.json; give those it was made from")
    rows = [
        row
        for number in wanted
        for row in fuse_spot(samples, kept, ensemble.hot_spots[number], number, seed, similarity)
    ]
    others = [row for row in ensemble.fusion if row.spot not in wanted]
    return ensemble.model_copy(update={"fusion": (*others, *rows)})


def _largest(ensemble: Ensemble) -> list[int]:
    if not ensemble.hot_spots:
        raise ValueError("the ensemble has no hot spot to fuse; compare more models, or raise the regularisation")
    sizes = [(spot.models, len(spot.channels)) for spot in ensemble.hot_spots]
    return [max(range(len(sizes)), key=lambda number: sizes[number])]


def fuse_spot(
    samples: Samples, kept: Codes, spot: HotSpot, number: int, seed: int = 0, similarity: Similarity = "vi"
) -> list[FusedRow]:
    """Rows for `spot`, whose number is `number`, of the channels `kept` of `samples`: what the fused channel tells of
    the samples, how near it is to the group, what it shares with the spot's labels; and, fused of one half of the
    models, how near it is to the other half's channels, which is the one that no channel was made to be good at. Each
    beside the member that does best at it.
    """
    members = kept[list(spot.channels)]
    mean, logvar = samples.mean[members], samples.logvar[members]
    start = list(spot.channels).index(spot.centre)
    labels = [one.label for one in spot.labels]
    codes = np.stack([samples.labels[name] for name in labels])
    fused = fuse(mean, logvar, start, similarity=similarity)
    channels = Together(
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
        row(SIMILARITY, "", [_to_others(one, count) for one in found]),
    ]
    for index, label in enumerate(labels):
        rows.append(row(label, "bits", [one.mutual[: 1 + count, 1 + count + index] for one in found]))
    unseen = _unseen(samples, members, drawn, similarity)
    return rows if unseen is None else [*rows, _row(number, UNSEEN, "", unseen[0], numbers[unseen[1]])]


def _to_others(shared: Shared, count: int) -> Values:
    """The mean NMI [1 + count] of the fused channel and each member to the members other than itself."""
    nmi = shared.nmi()[: 1 + count, 1 : 1 + count]
    total = nmi.sum(1)
    total[1:] -= np.diag(nmi[1:])
    size = np.full(1 + count, count - 1.0)
    size[0] = count
    means: Values = total / np.maximum(size, 1)
    return means


def _unseen(
    samples: Samples, members: Codes, drawn: Sequence[Codes | None], similarity: Similarity
) -> tuple[list[Values], Codes] | None:
    """NMI of the channel fused from every other model, and of these models' own channels, to those of the others, and
    which members of the group these are; None where the halves have too few.
    """
    model = samples.origin[members, 0]
    models = np.unique(model)
    seen = np.isin(model, models[::2])
    if seen.sum() < 2 or (~seen).sum() < 1:
        return None
    mean, logvar = samples.mean[members], samples.logvar[members]
    own = shared_information(GaussianFingerprints(mean[seen], logvar[seen])).nmi()
    fused = fuse(mean[seen], logvar[seen], int(own.sum(0).argmax()), similarity=similarity)
    order = np.concatenate([np.flatnonzero(seen), np.flatnonzero(~seen)])
    channels = GaussianFingerprints(np.stack([fused[0], *mean[order]]), np.stack([fused[1], *logvar[order]]))
    first = 1 + int(seen.sum())
    values = [shared_information(channels, one).nmi()[:first, first:].mean(1) for one in drawn]
    return values, np.flatnonzero(seen)


def _row(number: int, measure: str, unit: str, values: Sequence[Values], numbers: Codes) -> FusedRow:
    """From the figures [1 + members] of the sample and of its resamples, the fused channel first. The best member is
    the sample's, and chosen by it, which is in its favour.
    """
    best = 1 + int(values[0][1:].argmax())

    return FusedRow(
        spot=number,
        measure=measure,
        unit=unit,
        fused=_measured([one[0] for one in values]),
        best=_measured([one[best] for one in values]),
        difference=_measured([one[0] - one[best] for one in values]),
        best_channel=int(numbers[best - 1]),
    )


def _measured(each: Sequence[float]) -> Measured:
    return measured(float(each[0]), each[1:])


def table(rows: Sequence[FusedRow]) -> list[str]:
    """Lines for a terminal."""
    head = ("hot spot", "measure", "fused", "best member", "difference")
    cells = [
        (
            str(row.spot),
            f"{row.measure}{', bits' if row.unit else ''}",
            *map(show, (row.fused, row.best, row.difference)),
        )
        for row in rows
    ]
    return columns([head, *cells])
