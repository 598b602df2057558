"""Summary of ensembles and of a sweep, from their ensemble.json and sweep.json.

python -m benchmarks findings --work FOLDER
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from trainer.bundle import ENSEMBLE, Ensemble, Estimate, read_ensemble
from trainer.metrics.statistics.bootstrap import bootstrap_mean

RESULTS = Path(__file__).parent / "results" / "findings.jsonl"
_SWEEP = "sweep.json"
_DIGITS = 4
Row = dict[str, Any]


def rows(work: Path) -> Iterator[Row]:
    """One row per ensemble.json, and per setting and module of each sweep.json, anywhere in `work`."""
    for path in sorted(work.rglob(ENSEMBLE)):
        yield {"found": "ensemble", **ensemble_row(read_ensemble(path.parent))}
    for path in sorted(work.rglob(_SWEEP)):
        yield from sweep_rows(json.loads(path.read_text(encoding="utf-8"))["rows"])


def ensemble_row(ensemble: Ensemble) -> Row:
    """The main figures of an ensemble. `match`: the mean of `matches` over channels, with its interval."""
    return {
        "name": ensemble.name,
        "data": ensemble.data,
        "members": len(ensemble.members),
        "modules": ensemble.modules,
        "moments": ensemble.frames,
        "recordings": ensemble.recordings,
        "channels": len(ensemble.channels),
        "dropped": ensemble.dropped,
        "kl_nats_a_frame": round(float(np.mean([sum(member.kl) for member in ensemble.members])), 2),
        "bits_a_channel": round(float(np.mean([channel.bits for channel in ensemble.channels])), 3),
        "monte_carlo_bits": round(float(np.mean([channel.monte_carlo.value for channel in ensemble.channels])), 3),
        "match": _interval(matches(ensemble)),
        "spaces": [
            {"module": one.module, "nmi": _rounded(one.nmi), "vi": _rounded(one.vi), "bits": round(one.bits, 2)}
            for one in ensemble.spaces
        ],
        "hot_spots": [
            {
                "channels": len(spot.channels),
                "models": spot.models,
                "bits": round(spot.bits, 2),
                "nmi": round(spot.mean_nmi, 3),
                "stability": _rounded(spot.stability),
                "over_models": _rounded(spot.stability_of_models),
                "labels": [[one.label, *_rounded(one.nmi), round(one.shared_bits.value, 3)] for one in spot.labels[:3]],
            }
            for spot in ensemble.hot_spots
        ],
        "fusion": [
            {
                "spot": row.spot,
                "measure": row.measure,
                "fused": _rounded(row.fused),
                "best": _rounded(row.best),
                "difference": _rounded(row.difference),
            }
            for row in ensemble.fusion
        ],
    }


def matches(ensemble: Ensemble) -> np.ndarray[Any, np.dtype[np.float64]]:
    """For each channel, the mean over the other models of the largest NMI with one of their channels [C]."""
    nmi = ensemble.nmi.unpacked().astype(np.float64)
    member = np.array([channel.member for channel in ensemble.channels])
    best = np.stack([nmi[:, member == one].max(1) for one in np.unique(member)], axis=1)
    best[member[:, None] == np.unique(member)] = np.nan
    found: np.ndarray[Any, np.dtype[np.float64]] = np.nanmean(best, axis=1)
    return found


def sweep_rows(found: list[Row]) -> Iterator[Row]:
    """One row per setting (KL weight or noise) and module, with the values of every seed."""
    settings = dict.fromkeys((row["module"], row["road"], row["value"]) for row in found)
    for module, road, value in sorted(settings):
        own = [row for row in found if (row["module"], row["road"], row["value"]) == (module, road, value)]
        first = own[0]
        yield {
            "found": "sweep",
            **{name: first[name] for name in ("road", "value", "module", "label", "n", "groups")},
            "seeds": len(own),
            **{
                name: [round(row[name], _DIGITS) for row in own]
                for name in ("sliced_wasserstein", "energy", "certified_kl")
                if all(row[name] is not None for row in own)
            },
            **{name: [[round(part, _DIGITS) for part in row[name]] for row in own] for name in ("accuracy", "bits")},
        }


def _interval(values: np.ndarray[Any, np.dtype[np.float64]]) -> list[float]:
    found = bootstrap_mean(values)
    return [round(part, _DIGITS) for part in (found.mean, found.low, found.high)]


def _rounded(one: Estimate) -> list[float]:
    return [round(part, _DIGITS) for part in (one.value, one.low, one.high)]


def write(work: Path) -> Iterator[Row]:
    """Write the rows of `work` to RESULTS."""
    found = list(rows(work))
    RESULTS.write_text("".join(json.dumps(row) + "\n" for row in found), encoding="utf-8")
    yield from found
