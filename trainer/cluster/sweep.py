"""The runs of a sweep: KL weight beta, and noise variance, the two ways to bring latents close to N(0, I)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trainer.cluster.ensemble import seeded_run
from trainer.cluster.launcher import Run
from trainer.config import preset

BETAS = (0.0005, 0.002, 0.02, 0.1, 0.5)
NOISES = (0.05, 0.1, 0.25, 0.5, 1.0)


def sweep_runs(
    preset_name: str, settings: Mapping[str, Any], betas: Sequence[float], noises: Sequence[float], seeds: int
) -> list[Run]:
    """One run per value of beta or noise variance and per seed. Raises ValueError if there is none."""
    depth = len(preset(preset_name).encoder.modules)
    runs = []
    for seed in range(seeds):
        for beta in betas:
            with_beta = {**settings, "objective.beta": [beta] * depth}
            runs.append(seeded_run(f"beta-{beta:g}-seed-{seed}", preset_name, with_beta, seed))
        for noise in noises:
            with_noise = {**settings, "objective.kind": "dim-noise", "objective.noise": noise}
            runs.append(seeded_run(f"noise-{noise:g}-seed-{seed}", preset_name, with_noise, seed))
    if not runs:
        raise ValueError("there is nothing to train: give --betas or --noises, and --seeds of at least 1")
    return runs
