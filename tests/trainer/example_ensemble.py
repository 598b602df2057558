"""An ensemble whose numbers are known: a dimension is in every model, and alike in all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trainer.bundle import (
    Channel,
    Ensemble,
    FusedRow,
    HotSpot,
    LabelChannel,
    Measured,
    Member,
    PackedArray,
    SpotLabel,
)

ALIKE, APART = 0.875, 0.125  # which float16 holds exactly


def about(value: float) -> Measured:
    return Measured(value=value, low=value - 0.0625, high=value + 0.0625)


def alike(members: Sequence[tuple[str, str]], *, dims: int = 2, fused: bool = True) -> Ensemble:
    """Of `members`, (name, digest): `dims` dimensions of module 1, each a hot spot; of dimension d the NMI between
    models m and n is ALIKE - (m + n) / 32. Channels are ordered dimension by dimension.
    """
    models = len(members)
    of = [(member, dim) for member in range(models) for dim in range(dims)]
    nmi = np.array([[_nmi(a, b) for b in of] for a in of])
    order = tuple(sorted(range(len(of)), key=lambda number: of[number][1]))
    spots = tuple(
        HotSpot(
            channels=tuple(number for number in order if of[number][1] == dim),
            centre=dim,
            models=models,
            modules=(1,),
            bits=1.5,
            mean_nmi=0.75,
            mean_vi=0.5,
            stability=about(0.75),
            stability_of_models=about(0.5),
            labels=(SpotLabel(label="voicing", nmi=about(0.5 / (dim + 1)), mean_nmi=0.25, shared_bits=about(0.4)),),
        )
        for dim in range(dims)
    )
    row = {"spot": 0, "fused": about(1.75), "best": about(1.5), "difference": about(0.25), "best_channel": 0}
    return Ensemble(
        name="alike",
        data="made up, all",
        side="all",
        samples=100,
        clips=10,
        seed=0,
        modules=None,
        moments=100,
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
            Channel(member=member, module=1, dim=dim, bits=1.0 + dim, monte_carlo=about(1.25 + dim))
            for member, dim in of
        ),
        nmi=PackedArray.of(nmi),
        vi=None,
        order=order,
        reachability=tuple(None if number == order[0] else 0.25 for number in range(len(of))),
        labels=(
            LabelChannel(
                label="voicing",
                classes=2,
                bits=1.0,
                nmi=tuple(0.5 / (dim + 1) for _, dim in of),
                shared_bits=(0.4,) * len(of),
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
    return ALIKE - (one[0] + other[0]) / 32 if one[1] == other[1] else APART
