"""Training logs: progress bar, JSON lines, and TensorBoard if it is installed."""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from tqdm import tqdm

from trainer.runtime.atomic_write import atomic_write

Metrics = dict[str, Any]
"""Numbers by name, or lists with one number per module; `loss` is always present."""


class Progress:
    """The logs of the run `name`, of which `done` steps were finished before; a step takes `audio_seconds` of audio.

    With `enabled=False` nothing is shown or written: with several processes only the first one logs.
    """

    def __init__(self, run: Path, name: str, done: int, steps: int, audio_seconds: float, *, enabled: bool) -> None:
        self.enabled, self.audio_seconds, self.speed = enabled, audio_seconds, 0.0
        self.bar = tqdm(total=steps, initial=done, desc=name, unit="step", disable=not enabled)
        self.log = MetricsLog(run / f"{name}.jsonl", done) if enabled else None
        self.board = _tensorboard(run / "tensorboard" / name, done) if enabled else None
        self._start_clock(done)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.close()
        if self.board is not None:
            self.board.close()

    def advance(self) -> None:
        """Count one step."""
        self.bar.update()

    def log_training(self, step: int, metrics: Metrics, summary: str, learning_rate: float) -> None:
        """Log the metrics of the batch of `step`, and the speed in seconds of audio per second since the last call of
        a log method.
        """
        elapsed = time.monotonic() - self.clock_started
        self.speed = (step - self.clock_step) * self.audio_seconds / max(elapsed, 1e-9)
        self.bar.set_postfix_str(f"{summary}, {self.speed:.3g} audio s/s")
        metrics = metrics | {"learning_rate": learning_rate, "audio_seconds_per_second": round(self.speed, 3)}
        self._write(step, "train", metrics)

    def log_validation(self, step: int, metrics: Metrics) -> None:
        """Log the validation metrics after `step`."""
        self._write(step, "validation", metrics)
        if self.board is not None:
            self.board.flush()  # a checkpoint follows, and a resumed run does not log the steps before it again

    def message(self, text: str) -> None:
        """Show one line above the bar."""
        if self.enabled:
            tqdm.write(text, file=sys.stderr)

    def _write(self, step: int, split: str, metrics: Metrics) -> None:
        if self.log is not None:
            self.log.write(step, split=split, **metrics)
        if self.board is not None:
            for name, value in metrics.items():
                if isinstance(value, list):
                    for module, number in enumerate(value, start=1):
                        self.board.add_scalar(f"{split}/{name}/{module}", number, step)
                else:
                    self.board.add_scalar(f"{split}/{name}", value, step)
        self._start_clock(step)

    def _start_clock(self, step: int) -> None:
        self.clock_step, self.clock_started = step, time.monotonic()


class MetricsLog:
    """A file of metrics, one JSON object per line.

    A resumed run drops the lines after its checkpoint, so that each step appears once, and its clock continues.
    """

    def __init__(self, path: Path, done: int) -> None:
        kept = []
        if path.exists():
            kept = [line for line in path.read_text().splitlines() if _number(line, "step") <= done]
        with atomic_write(path) as stream:
            stream.write("".join(line + "\n" for line in kept).encode())
        seconds = _number(kept[-1], "seconds") if kept else 0.0
        self.path, self.started = path, time.monotonic() - (seconds if math.isfinite(seconds) else 0.0)

    def write(self, step: int, **values: Any) -> None:
        """Append the `values` of `step`."""
        record = {"step": step, "seconds": round(time.monotonic() - self.started, 2), **values}
        with self.path.open("a") as stream:
            stream.write(json.dumps(record) + "\n")


def _number(line: str, name: str) -> float:
    """The number `name` of a line; infinity where it is missing, as in a line that a killed run cut off."""
    try:
        return float(json.loads(line)[name])
    except (ValueError, KeyError, TypeError):
        return math.inf


def _tensorboard(folder: Path, done: int) -> Any:
    """TensorBoard writer that hides earlier entries after step `done`; None if TensorBoard is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder), purge_step=done + 1)
