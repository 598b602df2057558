"""The channels of many models held against one another: an ensemble's matrix, hot spots, and which labels they carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from trainer.analysis.bootstrap import bootstrap_mean
from trainer.analysis.fingerprints import GaussianFingerprints, LabelFingerprints, Together
from trainer.analysis.hot_spots import (
    DISTANCES,
    STEEPNESS,
    Order,
    centre,
    find_hot_spots,
    min_samples_for,
    stability,
)
from trainer.analysis.information import entropy_bits
from trainer.analysis.monte_carlo import monte_carlo_bits
from trainer.analysis.shared_information import Shared, shared_information
from trainer.bundle import (
    Channel,
    Ensemble,
    HotSpot,
    LabelChannel,
    Measured,
    Member,
    PackedArray,
    SpotLabel,
)
from trainer.reports.channel_samples import Samples, Source, gather_samples, open_sources
from trainer.reports.spaces import compare_spaces
from trainer.reports.subjects import Side
from trainer.reports.tables import columns

LEAST_BITS = 0.01
"""Channels that tell less are dropped (Murphy et al., arXiv 2405.21042)."""
_MOST_WITH_VI = 1000  # channels, above which the second matrix would make too large a file
_MODELS_SHARE = 0.75
_MOST_LABELS = 4
Bits = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class ChannelOptions:
    """What is compared and how. `min_samples` None: scaled to the number of models. `resamples`: of the recordings, and
    of the models, for intervals and stability. `draws` a channel, for Monte Carlo.
    """

    name: str
    data: str
    side: Side = "validation"
    clips: int = 300
    samples: int = 1000
    modules: tuple[int, ...] | None = None
    distance: Literal["nmi", "vi"] = "nmi"
    min_samples: int | None = None
    steepness: float = STEEPNESS
    resamples: int = 20
    draws: int = 4000
    seed: int = 0


@dataclass(frozen=True)
class Compared:
    """The channels kept, `kept` of those in `samples`, and what they and the labels share, labels last."""

    samples: Samples
    kept: Codes
    fingerprints: Together
    shared: Shared
    dropped: int

    @property
    def count(self) -> int:
        return len(self.kept)

    def channels(self, shared: Shared) -> Shared:
        """The part of `shared` that is of channels."""
        return shared.part(np.arange(self.count))


def compare_channels(paths: Sequence[Path], folders: Sequence[Path], options: ChannelOptions) -> tuple[Ensemble, Compared]:
    """All of it but fusion. Raises ValueError where nothing compares."""
    sources = open_sources(paths)
    samples = gather_samples(
        sources, folders, options.side, options.clips, options.samples, options.modules, options.seed
    )
    compared = share(samples)
    models = len(sources)
    min_samples = options.min_samples or min_samples_for(models)
    distance = DISTANCES[options.distance](compared.channels(compared.shared))
    found = find_hot_spots(distance, min_samples, options.steepness)
    resampled = _resample(compared, options)
    again = [
        find_hot_spots(DISTANCES[options.distance](compared.channels(one)), min_samples, options.steepness).spots
        for one in resampled
    ]
    ensemble = Ensemble(
        name=options.name,
        data=f"{options.data}, {options.side}",
        samples=samples.mean.shape[1],
        recordings=len(samples.chosen),
        distance=options.distance,
        min_samples=min_samples,
        steepness=options.steepness,
        members=tuple(_member(source, samples, number) for number, source in enumerate(sources)),
        dropped=compared.dropped,
        channels=tuple(_channels(compared, options)),
        nmi=PackedArray.of(compared.channels(compared.shared).nmi()),
        vi=PackedArray.of(compared.channels(compared.shared).vi()) if compared.count <= _MOST_WITH_VI else None,
        order=tuple(found.order.tolist()),
        reachability=tuple(float(each) if np.isfinite(each) else None for each in found.reachability),
        labels=tuple(_labels(compared)),
        hot_spots=tuple(_spots(compared, found, distance, resampled, again, models, options)),
        spaces=tuple(compare_spaces(samples, len(sources), options.seed)),
    )
    return ensemble, compared


def share(samples: Samples) -> Compared:
    """Drop the channels that tell next to nothing, and compare the rest, with the labels. Raises ValueError where fewer
    than two are left.
    """
    single = monte_free_bits(samples)
    kept = np.flatnonzero(single >= LEAST_BITS)
    if len(kept) < 2:
        raise ValueError(f"fewer than two channels tell {LEAST_BITS} bits or more of these recordings")
    labels = LabelFingerprints(np.stack(list(samples.labels.values())))
    both = Together(GaussianFingerprints(samples.mean[kept], samples.logvar[kept]), labels)
    with tqdm(total=both.samples, desc=f"{both.count} channels and labels", unit="sample", leave=False) as bar:
        shared = shared_information(both, told=bar.update)
    return Compared(samples, kept, both, shared, len(single) - len(kept))


def monte_free_bits(samples: Samples) -> Bits:
    """The bound on what each channel tells by itself [channels], a few channels at a time."""
    bits = []
    for first in range(0, len(samples.mean), 64):
        part = slice(first, first + 64)
        bits.append(shared_information(GaussianFingerprints(samples.mean[part], samples.logvar[part])).single)
    return np.concatenate(bits)


def _resample(compared: Compared, options: ChannelOptions) -> list[Shared]:
    """The same over recordings drawn anew."""
    rng = np.random.default_rng(options.seed)
    recording = compared.samples.recording
    of = [np.flatnonzero(recording == number) for number in range(len(compared.samples.chosen))]
    bar = tqdm(range(options.resamples), desc="resampled recordings", leave=False)
    drawn = [np.concatenate([of[each] for each in rng.integers(len(of), size=len(of))]) for _ in bar.iterable]
    return [shared_information(compared.fingerprints, one) for one in tqdm(drawn, desc="resamples", leave=False)]


def _member(source: Source, samples: Samples, number: int) -> Member:
    own = samples.origin[:, 0] == number
    mean, logvar = samples.mean[own].astype(np.float64), samples.logvar[own].astype(np.float64)
    kl = 0.5 * (mean**2 + np.exp(logvar) - 1 - logvar).mean(1)
    modules = samples.origin[own, 1]
    return Member(
        member=source.name,
        preset=source.header.config.preset,
        seed=source.header.provenance.seed,
        digest=source.digest,
        kl=tuple(float(kl[modules == module].sum()) for module in sorted(set(modules.tolist()))),
    )


def _channels(compared: Compared, options: ChannelOptions) -> list[Channel]:
    samples, found = compared.samples, []
    for number, index in enumerate(tqdm(compared.kept.tolist(), desc="Monte Carlo", unit="channel", leave=False)):
        bits = monte_carlo_bits(samples.mean[index], samples.logvar[index], options.draws, options.seed)
        drawn = bootstrap_mean(bits, groups=samples.recording)
        member, module, dim = samples.origin[index].tolist()
        found.append(
            Channel(
                member=member,
                module=module,
                dim=dim,
                bits=float(compared.shared.single[number]),
                monte_carlo=Measured(value=drawn.mean, low=drawn.low, high=drawn.high),
            )
        )
    return found


def _labels(compared: Compared) -> list[LabelChannel]:
    nmi, mutual = compared.shared.nmi(), compared.shared.mutual
    return [
        LabelChannel(
            label=name,
            classes=len(np.unique(codes)),
            bits=entropy_bits(np.unique(codes, return_inverse=True)[1].astype(np.int64)),
            nmi=tuple(nmi[compared.count + number, : compared.count].round(5).tolist()),
            shared_bits=tuple(mutual[compared.count + number, : compared.count].round(5).tolist()),
        )
        for number, (name, codes) in enumerate(compared.samples.labels.items())
    ]


def _spots(
    compared: Compared,
    found: Order,
    distance: Bits,
    resampled: Sequence[Shared],
    again: Sequence[Sequence[Sequence[int]]],
    models: int,
    options: ChannelOptions,
) -> list[HotSpot]:
    of_recordings = stability(found.spots, again)
    of_models = _stability_of_models(compared, found, distance, models, options)
    nmi, vi = compared.channels(compared.shared).nmi(), compared.channels(compared.shared).vi()
    origin = compared.samples.origin[compared.kept]
    spots = []
    for spot, stable, over_models in zip(found.spots, of_recordings, of_models, strict=True):
        members = np.array(spot)
        pairs = np.ix_(members, members)
        others = ~np.eye(len(members), dtype=np.bool_)
        middle = centre(spot, distance)
        spots.append(
            HotSpot(
                channels=spot,
                centre=middle,
                models=len(set(origin[members, 0].tolist())),
                modules=tuple(sorted(set(origin[members, 1].tolist()))),
                bits=float(compared.shared.single[members].mean()),
                mean_nmi=float(nmi[pairs][others].mean()),
                mean_vi=float(vi[pairs][others].mean()),
                stability=Measured(value=stable.mean, low=stable.low, high=stable.high),
                stability_of_models=over_models,
                labels=tuple(_spot_labels(compared, members, middle, resampled)),
            )
        )
    return spots


def _spot_labels(compared: Compared, members: Codes, middle: int, resampled: Sequence[Shared]) -> list[SpotLabel]:
    """The labels that the spot's centre is nearest to, with intervals over resampled recordings."""
    nmi, mutual = compared.shared.nmi(), compared.shared.mutual
    nmis, mutuals = [one.nmi() for one in resampled], [one.mutual for one in resampled]

    def interval(value: float, others: list[Bits], label: int) -> Measured:
        low, high = np.quantile([one[middle, label] for one in others], (0.025, 0.975)).tolist()
        return Measured(value=value, low=low, high=high)

    rows = [
        SpotLabel(
            label=name,
            nmi=interval(float(nmi[middle, label]), nmis, label),
            mean_nmi=float(nmi[members, label].mean()),
            shared_bits=interval(float(mutual[middle, label]), mutuals, label),
        )
        for label, name in enumerate(compared.samples.labels, compared.count)
    ]
    return sorted(rows, key=lambda row: -row.nmi.value)[:_MOST_LABELS]


def _stability_of_models(
    compared: Compared, found: Order, distance: Bits, models: int, options: ChannelOptions
) -> list[Measured]:
    """How well each spot's channels are found together again among three quarters of the models."""
    rng = np.random.default_rng(options.seed)
    member = compared.samples.origin[compared.kept, 0]
    taken = max(2, round(_MODELS_SHARE * models))
    overlaps: list[list[float]] = [[] for _ in found.spots]
    for _ in range(options.resamples):
        kept = np.flatnonzero(np.isin(member, rng.choice(models, size=min(taken, models), replace=False)))
        least = options.min_samples or min_samples_for(taken)
        if len(kept) < least:
            continue
        again = find_hot_spots(distance[np.ix_(kept, kept)], least, options.steepness).spots
        named = [tuple(kept[list(spot)].tolist()) for spot in again]
        for values, spot in zip(overlaps, found.spots, strict=True):
            there = tuple(set(spot) & set(kept.tolist()))
            values.append(stability([there], [named])[0].mean if there else 0.0)
    rows = []
    for values in overlaps:
        low, high = np.quantile(values or [0.0], (0.025, 0.975)).tolist()
        rows.append(Measured(value=float(np.mean(values or [0.0])), low=low, high=high))
    return rows


def table(ensemble: Ensemble) -> list[str]:
    """Lines for a terminal."""
    lines = [
        f"{len(ensemble.channels)} channels of {len(ensemble.members)} models ({ensemble.dropped} under {LEAST_BITS} "
        f"bits dropped), {ensemble.samples} moments of {ensemble.recordings} recordings: {ensemble.data}",
        "",
    ]
    cells = [("module as a whole", "NMI of two models", "VI, bits", "bits", "ceiling")]
    cells += [
        (f"module {one.module}", _show(one.nmi), _show(one.vi), f"{one.bits:.2f}", f"{one.ceiling:.2f}")
        for one in ensemble.spaces
    ]
    lines += [*columns(cells), ""]
    head = ("hot spot", "channels", "models", "modules", "bits", "NMI inside", "stability", "over models", "labels")
    cells = [
        (
            str(number),
            str(len(spot.channels)),
            str(spot.models),
            ",".join(map(str, spot.modules)),
            f"{spot.bits:.2f}",
            f"{spot.mean_nmi:.2f}",
            _show(spot.stability),
            f"{spot.stability_of_models.value:.2f}",
            ", ".join(f"{one.label} {one.nmi.value:.2f} ({one.shared_bits.value:.2f} bits)" for one in spot.labels[:3]),
        )
        for number, spot in enumerate(ensemble.hot_spots)
    ]
    return [*lines, *columns([head, *cells])]


def _show(one: Measured) -> str:
    return f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]"
