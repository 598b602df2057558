"""/ensembles: what the dimensions of many models have in common."""

from __future__ import annotations

import logging
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from backend.errors import FIGURE_UNKNOWN, Problem, invalid
from backend.http.responses import dump, json_response
from backend.routes.dependencies import EngineOf
from backend.schemas import (
    EnsembleChannel,
    EnsembleDetail,
    EnsembleLabel,
    EnsembleList,
    EnsembleMember,
    EnsembleSummary,
    Figure,
    HotSpot,
    NearestChannel,
    NearestChannels,
    NearestQuery,
)
from backend.store.ensembles import MEMBERS, Held
from trainer.figures.ensemble import ENSEMBLE_FIGURES
from trainer.figures.plotting import Figure as Made

log = logging.getLogger(__name__)
router = APIRouter(tags=["ensembles"])

# Plain functions, so that reading ensembles and opening their members happens in a thread and not on the event loop.


@router.get("/ensembles")
def ensembles(engine: EngineOf) -> EnsembleList:
    """Every ensemble there is, the shipped one first."""
    return EnsembleList(
        ensembles=[
            EnsembleSummary(
                ensemble=held.name,
                members=len(held.ensemble.members),
                channels=len(held.ensemble.channels),
                hot_spots=len(held.ensemble.hot_spots),
                data=held.ensemble.data,
            )
            for held in engine.ensembles.entries()
        ]
    )


@router.get("/ensembles/{ensemble}")
def ensemble(engine: EngineOf, ensemble: str) -> EnsembleDetail:
    """Its models, which of them can be heard, their channels, and the hot spots among these."""
    held = engine.ensembles.get(ensemble)
    known = held.ensemble
    return EnsembleDetail(
        ensemble=held.name,
        data=known.data,
        moments=known.moments,
        recordings=known.recordings,
        distance=known.distance,
        min_samples=known.min_samples,
        dropped=known.dropped,
        members=_members(engine, held),
        channels=[EnsembleChannel.model_validate(channel.model_dump()) for channel in known.channels],
        order=list(known.order),
        labels=[EnsembleLabel(label=one.label, classes=one.classes, bits=one.bits) for one in known.labels],
        hot_spots=[
            HotSpot(**spot.model_dump(), nmi=[_rounded(held, spot.centre, channel) for channel in spot.channels])
            for spot in known.hot_spots
        ],
        figures=[name for name in ENSEMBLE_FIGURES if _made(held, name) is not None],
    )


def _members(engine: EngineOf, held: Held) -> list[EnsembleMember]:
    """With the name that each has as a model: of the same digest, or the bundle at its place in the ensemble, which has
    another since its decoders were trained.
    """
    entries = engine.catalogue.entries()
    by_digest = {entry.digest: entry.name for entry in entries}
    by_place = {entry.path: entry.name for entry in entries}
    return [
        EnsembleMember(
            **member.model_dump(),
            model=by_digest.get(member.digest) or by_place.get(held.path / MEMBERS / member.member),
        )
        for member in held.ensemble.members
    ]


@router.get("/ensembles/{ensemble}/nearest")
def nearest(engine: EngineOf, ensemble: str, query: Annotated[NearestQuery, Query()]) -> NearestChannels:
    """Of every other member, the channel that shares most with a dimension of this one, most first."""
    held = engine.ensembles.get(ensemble)
    known = held.ensemble
    if query.member >= len(known.members):
        raise invalid("member", f"must be less than {len(known.members)}, the members of this ensemble")
    wanted = (query.member, query.module, query.dim)
    own = next((i for i, one in enumerate(known.channels) if (one.member, one.module, one.dim) == wanted), None)
    if own is None:
        fault = "is no channel that was compared: it tells too little, or the model does not have it"
        raise invalid("dim", fault)
    found = []
    for number in range(len(known.members)):
        theirs = [index for index, one in enumerate(known.channels) if one.member == number]
        if number != query.member and theirs:
            best = max(theirs, key=lambda index: float(held.nmi[own, index]))
            channel = EnsembleChannel.model_validate(known.channels[best].model_dump())
            found.append(NearestChannel(channel=best, nmi=_rounded(held, own, best), **channel.model_dump()))
    found.sort(key=lambda one: -one.nmi)
    return NearestChannels(ensemble=held.name, channel=own, nearest=found)


@router.get("/ensembles/{ensemble}/figures/{name}", response_model=Figure)
def figure(engine: EngineOf, ensemble: str, name: str) -> Response:
    """One of its figures, as Plotly's JSON: `Plotly.newPlot(element, answer.data, answer.layout)` draws it."""
    held = engine.ensembles.get(ensemble)
    if name not in ENSEMBLE_FIGURES:
        raise _unknown(f"No figure has this name; there are {', '.join(ENSEMBLE_FIGURES)}.")
    made = _made(held, name)
    if made is None:
        command = ENSEMBLE_FIGURES[name].command
        raise _unknown(f"The ensemble {held.name} lacks what {name} shows; `{command}` may find it.")
    return json_response(dump(made))


def _made(held: Held, name: str) -> Made | None:
    """None where the ensemble lacks the numbers, or has others than can be drawn."""
    try:
        return ENSEMBLE_FIGURES[name].make(held.ensemble)
    except Exception:  # an ensemble is a file of somebody's, in which every number may be another
        log.warning("ensemble %s has no numbers for the figure %s", held.path, name, exc_info=True)
        return None


def _unknown(detail: str) -> Problem:
    return Problem(FIGURE_UNKNOWN, detail, field="name")


def _rounded(held: Held, one: int, other: int) -> float:
    """NMI of two channels, as finely as it is kept."""
    return round(float(held.nmi[one, other]), 5)
