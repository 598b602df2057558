"""A probe task with features of known separability."""

from __future__ import annotations

import numpy as np

from trainer.metrics.probing.tasks import ProbeTask

CLASSES = np.array(["a", "i", "u"])
GROUPS, TAKES = 150, 4


def vowel_task(seed: int = 0) -> ProbeTask:
    """150 words of four takes; each take has a random class."""
    rng = np.random.default_rng(seed)
    groups = np.repeat([f"word{number}" for number in range(GROUPS)], TAKES)
    return ProbeTask("vowel", CLASSES[rng.integers(3, size=len(groups))], groups, np.arange(len(groups)))


def noisy_features(task: ProbeTask, sd: float, seed: int = 1) -> np.ndarray:
    """Means [n, 3] that are the one-hot class plus normal noise of standard deviation `sd`, and random sds."""
    rng = np.random.default_rng(seed)
    means = (task.classes[:, None] == CLASSES).astype(float) + sd * rng.normal(size=(len(task.classes), 3))
    return np.concatenate([means, rng.normal(size=means.shape)], axis=1).astype(np.float32)
