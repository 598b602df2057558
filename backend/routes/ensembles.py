"""/ensembles: comparison of dimensions across models."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from backend.errors import invalid
from backend.routes.dependencies import EngineDep
from backend.routes.figures import available_figures
from backend.schemas import (
    EnsembleChannel,
    EnsembleDetail,
    EnsembleLabel,
    EnsembleList,
    EnsembleMember,
    EnsembleSummary,
    HotSpot,
    NearestChannel,
    NearestChannels,
    NearestQuery,
)
from backend.store.ensembles import MEMBERS, EnsembleRecord
from trainer.figures.ensemble import ENSEMBLE_FIGURES

router = APIRouter(tags=["ensembles"])

# Plain functions, which FastAPI runs in threads: reading ensembles and opening members must not block the event loop.


@router.get("/ensembles")
def ensembles(engine: EngineDep) -> EnsembleList:
    """All ensembles, the shipped one first."""
    return EnsembleList(
        ensembles=[
            EnsembleSummary(
                ensemble=record.name,
                members=len(record.ensemble.members),
                channels=len(record.ensemble.channels),
                hot_spots=len(record.ensemble.hot_spots),
                data=record.ensemble.data,
            )
            for record in engine.ensembles.records()
        ]
    )


@router.get("/ensembles/{ensemble}")
def ensemble(engine: EngineDep, ensemble: str) -> EnsembleDetail:
    """Members, channels and hot spots of an ensemble."""
    record = engine.ensembles.get(ensemble)
    content = record.ensemble
    return EnsembleDetail(
        ensemble=record.name,
        data=content.data,
        moments=content.frames,
        recordings=content.recordings,
        distance=content.distance,
        min_samples=content.min_samples,
        dropped=content.dropped,
        members=_members(engine, record),
        channels=[EnsembleChannel.model_validate(channel.model_dump()) for channel in content.channels],
        order=list(content.order),
        labels=[EnsembleLabel(label=label.label, classes=label.classes, bits=label.bits) for label in content.labels],
        hot_spots=[
            HotSpot(**spot.model_dump(), nmi=[_nmi(record, spot.centre, channel) for channel in spot.channels])
            for spot in content.hot_spots
        ],
        figures=available_figures(ENSEMBLE_FIGURES, content, record.path),
    )


def _members(engine: EngineDep, record: EnsembleRecord) -> list[EnsembleMember]:
    """Members with their model names: the model with the same digest, else the bundle in the member's folder, whose
    digest changes when decoders are added.
    """
    models = engine.models.records()
    by_digest = {model.digest: model.name for model in models}
    by_path = {model.path: model.name for model in models}
    return [
        EnsembleMember(
            **member.model_dump(),
            model=by_digest.get(member.digest) or by_path.get(record.path / MEMBERS / member.member),
        )
        for member in record.ensemble.members
    ]


@router.get("/ensembles/{ensemble}/nearest")
def nearest(engine: EngineDep, ensemble: str, query: Annotated[NearestQuery, Query()]) -> NearestChannels:
    """For one channel: the most similar channel of each other member, most similar first."""
    record = engine.ensembles.get(ensemble)
    members, channels = record.ensemble.members, record.ensemble.channels
    if query.member >= len(members):
        raise invalid("member", f"must be less than {len(members)}, the number of members of this ensemble")
    wanted = (query.member, query.module, query.dim)
    own = next((i for i, one in enumerate(channels) if (one.member, one.module, one.dim) == wanted), None)
    if own is None:
        raise invalid("dim", "is not a compared channel; choose one of `channels` in GET /ensembles/{ensemble}")
    found = []
    for number in range(len(members)):
        candidates = [index for index, one in enumerate(channels) if one.member == number]
        if number != query.member and candidates:
            best = max(candidates, key=lambda index: float(record.nmi[own, index]))
            channel = EnsembleChannel.model_validate(channels[best].model_dump())
            found.append(NearestChannel(channel=best, nmi=_nmi(record, own, best), **channel.model_dump()))
    found.sort(key=lambda one: -one.nmi)
    return NearestChannels(ensemble=record.name, channel=own, nearest=found)


def _nmi(record: EnsembleRecord, first: int, second: int) -> float:
    """NMI of two channels, rounded to the precision of the file."""
    return round(float(record.nmi[first, second]), 5)
