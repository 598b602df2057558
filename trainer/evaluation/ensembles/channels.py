"""The channels of many models held against one another: the matrix, hot spots, and which labels they carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from tqdm import tqdm

from trainer.bundle import Channel, Ensemble, LabelChannel, Measured, Member, PackedArray
from trainer.evaluation.ensembles.channel_comparison import Compared, share
from trainer.evaluation.ensembles.channel_samples import Samples, Source, gather_samples, open_sources
from trainer.evaluation.ensembles.hot_spots import Search, describe_spots
from trainer.evaluation.ensembles.module_comparison import compare_spaces
from trainer.evaluation.selection import Side
from trainer.metrics.ensembles.hot_spots import STEEPNESS
from trainer.metrics.ensembles.monte_carlo import monte_carlo_bits
from trainer.metrics.probing.dimension_information import entropy_bits
from trainer.metrics.statistics.bootstrap import bootstrap_mean

_MOST_WITH_VI = 1000  # channels, above which the second matrix would make too large a file


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


def compare_channels(paths: Sequence[Path], folders: Sequence[Path], options: ChannelOptions) -> Ensemble:
    """All of it but fusion. Raises ValueError where nothing compares."""
    sources = open_sources(paths)
    samples = gather_samples(
        sources, folders, options.side, options.clips, options.samples, options.modules, options.seed
    )
    compared = share(samples)
    search = Search(
        models=len(sources),
        modules=len(np.unique(samples.origin[:, 1])),
        distance=options.distance,
        least=options.min_samples,
        steepness=options.steepness,
        resamples=options.resamples,
        seed=options.seed,
    )
    found, spots = describe_spots(compared, search)
    channels = compared.channels(compared.shared)
    return Ensemble(
        name=options.name,
        data=f"{options.data}, {options.side}",
        samples=options.samples,
        moments=samples.mean.shape[1],
        recordings=len(samples.chosen),
        distance=options.distance,
        min_samples=search.min_samples,
        steepness=options.steepness,
        side=options.side,
        clips=options.clips,
        seed=options.seed,
        modules=options.modules,
        members=tuple(_member(source, samples, number) for number, source in enumerate(sources)),
        dropped=compared.dropped,
        channels=tuple(_channels(compared, options)),
        nmi=PackedArray.of(channels.nmi()),
        vi=PackedArray.of(channels.vi()) if compared.count <= _MOST_WITH_VI else None,
        order=tuple(found.order.tolist()),
        reachability=tuple(float(each) if np.isfinite(each) else None for each in found.reachability),
        labels=tuple(_labels(compared)),
        hot_spots=tuple(spots),
        spaces=tuple(compare_spaces(samples, len(sources), options.seed)),
    )


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
