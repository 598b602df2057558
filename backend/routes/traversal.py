"""/traverse and /interpolate: spectrograms along dimensions or between clips."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from backend.http.json_body import BoundedJsonRoute
from backend.http.responses import json_response, to_json
from backend.inference import traversal
from backend.inference.job import ClientJob
from backend.routes.dependencies import EngineDep, JobDep
from backend.schemas import InterpolateRequest, InterpolateResponse, TraverseRequest, TraverseResponse

router = APIRouter(tags=["decode"], route_class=BoundedJsonRoute)


@router.post("/traverse", response_model=TraverseResponse)
async def traverse(engine: EngineDep, job: JobDep, body: TraverseRequest) -> Response:
    """Spectrograms for one or two dimensions set to each of several values, after the edits of the request.

    Each is the spectrogram of /decode with that edit appended. At most 64 spectrograms, and 300 s of sound in total;
    `window` selects a section of a longer clip.
    """
    return await _run(job, await job.run(traversal.traverse, engine, body))


@router.post("/interpolate", response_model=InterpolateResponse)
async def interpolate(engine: EngineDep, job: JobDep, body: InterpolateRequest) -> Response:
    """Spectrograms in equal steps from one clip to another, each that of /decode for the clip `from` with `toward`.

    All have the duration of `from`; the latents of `to` are resampled linearly to its number of frames. At most 300 s
    of sound in total; `window` selects a section of a longer clip.
    """
    return await _run(job, await job.run(traversal.interpolate, engine, body))


async def _run(job: ClientJob, planned: traversal.Traversal) -> Response:
    # One job per spectrogram: a slider moved in the meantime waits for one spectrogram, not for all.
    spectrograms = [await job.run(render) for render in planned.jobs]
    return json_response(await job.run(to_json, {**planned.content, "spectrograms": spectrograms}))
