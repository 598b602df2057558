"""What both training loops share: the run folder inside a bundle, the learning rate, a clean stop."""

from __future__ import annotations

import math
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import FrameType

from torch.optim import Optimizer

from trainer.config import TrainingConfig


class TrainingError(RuntimeError):
    """Training that cannot go on; says what was seen and what to try."""


def run_folder(bundle: Path) -> Path:
    """Where a bundle's checkpoints, metrics and decoded recordings lie; not part of the model."""
    folder = bundle / "run"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def learning_rate(training: TrainingConfig, step: int) -> float:
    """The rate for the step after `step` finished ones: linear warm-up, then a cosine to its final share."""
    if step < training.warmup_steps:
        return training.learning_rate * (step + 1) / training.warmup_steps
    progress = (step - training.warmup_steps) / max(1, training.steps - training.warmup_steps)
    share = training.final_learning_rate
    return training.learning_rate * (share + (1 - share) * (1 + math.cos(math.pi * min(1.0, progress))) / 2)


def set_learning_rate(optimiser: Optimizer, rate: float) -> None:
    """Give every group of parameters `rate`, or what its `relative_rate` makes of it."""
    for group in optimiser.param_groups:
        group["lr"] = rate * group.get("relative_rate", 1.0)


class StopRequest:
    """Becomes true when the person or the system asks the run to end; the step under way is finished first."""

    def __init__(self) -> None:
        self.asked = False

    def __bool__(self) -> bool:
        return self.asked


@contextmanager
def graceful_stop() -> Iterator[StopRequest]:
    """Within it the first Ctrl-C or SIGTERM asks to stop after the step under way; a second Ctrl-C stops at once."""
    request = StopRequest()

    def ask(signum: int, _: FrameType | None) -> None:
        if request.asked and signum == signal.SIGINT:
            raise KeyboardInterrupt
        request.asked = True

    before = {signum: signal.signal(signum, ask) for signum in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield request
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def code_version() -> str:
    """The release, and the commit where the code runs from a checkout."""
    try:
        release = version("sim-explorer")
    except PackageNotFoundError:
        release = "unknown"
    try:
        asked = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return release
    return f"{release}+{asked.stdout.strip()}"
