"""An ensemble with known numbers: each dimension is similar in all models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trainer.bundle import (
    Channel,
    Ensemble,
    Estimate,
    FusedRow,
    HotSpot,
    HotSpotLabel,
    LabelChannel,
    Member,
    PackedArray,
)

SIMILAR, DISSIMILAR = 0.875, 0.125  # exact in float16


def estimate(value: float) -> Estimate:
    return Estimate(value=value, low=value - 0.0625, high=value + 0.0625)


def similar_ensemble(members: Sequence[tuple[str, str]], *, dims: int = 2, fused: bool = True) -> Ensemble:
    """Ensemble of `members` (name, digest) with `dims` dimensions of module 1, each a hot spot.

    The NMI of a dimension between models m and n is SIMILAR - (m + n) / 32. Channels are ordered by dimension.
    """
    models = len(members)
    channels = [(member, dim) for member in range(models) for dim in range(dims)]
    nmi = np.array([[_nmi(a, b) for b in channels] for a in channels])
    order = tuple(sorted(range(len(channels)), key=lambda number: channels[number][1]))
    spots = tuple(
        HotSpot(
            channels=tuple(number for number in order if channels[number][1] == dim),
            centre=dim,
            models=models,
            modules=(1,),
            bits=1.5,
            mean_nmi=0.75,
            mean_vi=0.5,
            stability=estimate(0.75),
            stability_of_models=estimate(0.5),
            labels=(
                HotSpotLabel(label="voicing", nmi=estimate(0.5 / (dim + 1)), mean_nmi=0.25, shared_bits=estimate(0.4)),
            ),
        )
        for dim in range(dims)
    )
    row = {"spot": 0, "fused": estimate(1.75), "best": estimate(1.5), "difference": estimate(0.25), "best_channel": 0}
    return Ensemble(
        name="alike",
        data="synthetic, all",
        split="all",
        samples=100,
        clips=10,
        seed=0,
        modules=None,
        frames=100,
        recordings=10,
        distance="nmi",
        min_samples=2,
        steepness=0.05,
        members=tuple(
            Member(member=name, preset="tiny", seed=seed, digest=digest, kl=(1.0,))
            for seed, (name, digest) in enumerate(members)
        ),
        dropped=1,
        channels=tuple(
            Channel(member=member, module=1, dim=dim, bits=1.0 + dim, monte_carlo=estimate(1.25 + dim))
            for member, dim in channels
        ),
        nmi=PackedArray.of(nmi),
        vi=None,
        order=order,
        reachability=tuple(None if number == order[0] else 0.25 for number in range(len(channels))),
        labels=(
            LabelChannel(
                label="voicing",
                classes=2,
                bits=1.0,
                nmi=tuple(0.5 / (dim + 1) for _, dim in channels),
                shared_bits=(0.4,) * len(channels),
            ),
        ),
        hot_spots=spots,
        spaces=(),
        fusion=(
            FusedRow.model_validate(row | {"measure": "information", "unit": "bits"}),
            FusedRow.model_validate(row | {"measure": "NMI to the group", "unit": ""}),
        )
        if fused
        else (),
    )


def _nmi(one: tuple[int, int], other: tuple[int, int]) -> float:
    if one == other:
        return 1.0
    return SIMILAR - (one[0] + other[0]) / 32 if one[1] == other[1] else DISSIMILAR
