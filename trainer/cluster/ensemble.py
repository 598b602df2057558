"""The runs of an ensemble: one configuration, many seeds, one validation set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from trainer.cluster.launcher import Run

MEMBERS = "members"
"""The folder of an ensemble that holds the bundles of its members."""

_SPLIT_SEED = 0


def seeded_run(name: str, preset: str, settings: Mapping[str, Any], seed: int) -> Run:
    """A run with `seed` whose validation set is the same for every seed, so that runs can be compared on it."""
    return Run(name, preset, {**settings, "training.seed": seed, "training.split_seed": _SPLIT_SEED})


def ensemble_runs(name: str, preset: str, settings: Mapping[str, Any], seeds: Iterable[int]) -> list[Run]:
    """One run per seed, named `name`-SEED."""
    return [seeded_run(f"{name}-{seed}", preset, settings, seed) for seed in seeds]
