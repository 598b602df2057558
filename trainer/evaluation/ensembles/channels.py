"""Comparison of the channels of many models: similarity matrices, hot spots and labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from tqdm import tqdm

from trainer.bundle import Channel, Ensemble, Estimate, LabelChannel, Member, PackedArray
from trainer.evaluation.ensembles.channel_comparison import ChannelComparison, compare_samples
from trainer.evaluation.ensembles.channel_samples import ChannelSamples, MemberModel, load_members, sample_channels
from trainer.evaluation.ensembles.hot_spot_report import HotSpotSearch, describe_hot_spots
from trainer.evaluation.ensembles.module_comparison import compare_modules
from trainer.evaluation.selection import Split
from trainer.metrics.ensembles.hot_spots import STEEPNESS
from trainer.metrics.ensembles.monte_carlo import monte_carlo_bits
from trainer.metrics.probing.dimension_information import entropy_bits
from trainer.metrics.statistics.bootstrap import bootstrap_mean

_MAX_CHANNELS_WITH_VI = 1000  # above this, a second matrix would make the file too large


@dataclass(frozen=True)
class ChannelOptions:
    """Settings of the comparison.

    `samples`: time points in total; `min_samples`: of OPTICS, None scales it to the number of models; `resamples`: of
    recordings and models, for intervals and stability; `draws`: Monte Carlo draws per channel.
    """

    name: str
    data: str
    split: Split = "validation"
    clips: int = 300
    samples: int = 1000
    modules: tuple[int, ...] | None = None
    distance: Literal["nmi", "vi"] = "nmi"
    min_samples: int | None = None
    steepness: float = STEEPNESS
    resamples: int = 20
    draws: int = 4000
    seed: int = 0


def compare_channels(paths: Sequence[Path], folders: Sequence[Path], options: ChannelOptions) -> Ensemble:
    """The ensemble of the bundles at `paths`, without fusion. Raises ValueError if nothing can be compared."""
    members = load_members(paths)
    samples = sample_channels(
        members, folders, options.split, options.clips, options.samples, options.modules, options.seed
    )
    comparison = compare_samples(samples)
    search = HotSpotSearch(
        models=len(members),
        modules=len(np.unique(samples.origin[:, 1])),
        distance=options.distance,
        least=options.min_samples,
        steepness=options.steepness,
        resamples=options.resamples,
        seed=options.seed,
    )
    found, spots = describe_hot_spots(comparison, search)
    channels = comparison.channels(comparison.shared)
    return Ensemble(
        name=options.name,
        data=f"{options.data}, {options.split}",
        samples=options.samples,
        frames=samples.mean.shape[1],
        recordings=len(samples.clips),
        distance=options.distance,
        min_samples=search.min_samples,
        steepness=options.steepness,
        split=options.split,
        clips=options.clips,
        seed=options.seed,
        modules=options.modules,
        members=tuple(_member(member, samples, number) for number, member in enumerate(members)),
        dropped=comparison.dropped,
        channels=tuple(_channels(comparison, options)),
        nmi=PackedArray.of(channels.nmi()),
        vi=PackedArray.of(channels.vi()) if comparison.count <= _MAX_CHANNELS_WITH_VI else None,
        order=tuple(found.order.tolist()),
        reachability=tuple(float(each) if np.isfinite(each) else None for each in found.reachability),
        labels=tuple(_labels(comparison)),
        hot_spots=tuple(spots),
        spaces=tuple(compare_modules(samples, len(members), options.seed)),
    )


def _member(member: MemberModel, samples: ChannelSamples, number: int) -> Member:
    own = samples.origin[:, 0] == number
    mean, logvar = samples.mean[own].astype(np.float64), samples.logvar[own].astype(np.float64)
    kl = 0.5 * (mean**2 + np.exp(logvar) - 1 - logvar).mean(1)
    modules = samples.origin[own, 1]
    return Member(
        member=member.name,
        preset=member.header.config.preset,
        seed=member.header.provenance.seed,
        digest=member.digest,
        kl=tuple(float(kl[modules == module].sum()) for module in sorted(set(modules.tolist()))),
    )


def _channels(comparison: ChannelComparison, options: ChannelOptions) -> list[Channel]:
    samples, found = comparison.samples, []
    for number, index in enumerate(tqdm(comparison.kept.tolist(), desc="Monte Carlo", unit="channel", leave=False)):
        bits = monte_carlo_bits(samples.mean[index], samples.logvar[index], options.draws, options.seed)
        drawn = bootstrap_mean(bits, groups=samples.recording)
        member, module, dim = samples.origin[index].tolist()
        found.append(
            Channel(
                member=member,
                module=module,
                dim=dim,
                bits=float(comparison.shared.single[number]),
                monte_carlo=Estimate(value=drawn.mean, low=drawn.low, high=drawn.high),
            )
        )
    return found


def _labels(comparison: ChannelComparison) -> list[LabelChannel]:
    nmi, mutual, count = comparison.shared.nmi(), comparison.shared.mutual, comparison.count
    return [
        LabelChannel(
            label=name,
            classes=len(np.unique(codes)),
            bits=entropy_bits(np.unique(codes, return_inverse=True)[1].astype(np.int64)),
            nmi=tuple(nmi[count + number, :count].round(5).tolist()),
            shared_bits=tuple(mutual[count + number, :count].round(5).tolist()),
        )
        for number, (name, codes) in enumerate(comparison.samples.labels.items())
    ]
