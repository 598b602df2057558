"""What a run tells of itself while it goes on: a bar, a file of JSON lines, and TensorBoard where it is installed."""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from tqdm import tqdm

from trainer.runtime.atomic_write import replacing

Metrics = dict[str, Any]
"""Numbers, or lists with one number a module, by name; `loss` among them."""


class Progress:
    """Of the run `name`, `done` steps of which were done before, each hearing `audio_seconds` of sound.

    Where not `telling` it says and writes nothing: of several processes only the first does.
    """

    def __init__(self, run: Path, name: str, done: int, steps: int, audio_seconds: float, *, telling: bool) -> None:
        self.telling, self.audio_seconds, self.rate = telling, audio_seconds, 0.0
        self.bar = tqdm(total=steps, initial=done, desc=name, unit="step", disable=not telling)
        self.log = MetricsLog(run / f"{name}.jsonl", done) if telling else None
        self.board = _tensorboard(run / "tensorboard" / name, done) if telling else None
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
        self.bar.update()

    def training(self, step: int, metrics: Metrics, summary: str, learning_rate: float) -> None:
        """The metrics of the batch of `step`, and how much sound was heard a second since this or `validation` was
        last called.
        """
        elapsed = time.monotonic() - self.clock_started
        self.rate = (step - self.clock_step) * self.audio_seconds / max(elapsed, 1e-9)
        self.bar.set_postfix_str(f"{summary}, {self.rate:.3g} audio s/s")
        metrics = metrics | {"learning_rate": learning_rate, "audio_seconds_per_second": round(self.rate, 3)}
        self._write(step, "train", metrics)

    def validation(self, step: int, metrics: Metrics) -> None:
        self._write(step, "validation", metrics)
        if self.board is not None:
            self.board.flush()  # a checkpoint follows, and what is older than that is not told again

    def say(self, text: str) -> None:
        if self.telling:
            tqdm.write(text, file=sys.stderr)

    def _write(self, step: int, side: str, metrics: Metrics) -> None:
        if self.log is not None:
            self.log.write(step, side=side, **metrics)
        if self.board is not None:
            for name, value in metrics.items():
                for module, number in enumerate(value, start=1) if isinstance(value, list) else ((None, value),):
                    tag = f"{side}/{name}" if module is None else f"{side}/{name}/{module}"
                    self.board.add_scalar(tag, number, step)
        self._start_clock(step)

    def _start_clock(self, step: int) -> None:
        self.clock_step, self.clock_started = step, time.monotonic()


class MetricsLog:
    """One JSON object a line. A resumed run drops what was logged after its checkpoint, so that every step stands
    once, and counts its seconds on from there.
    """

    def __init__(self, path: Path, done: int) -> None:
        kept = []
        if path.exists():
            kept = [line for line in path.read_text().splitlines() if _number(line, "step") <= done]
        with replacing(path) as stream:
            stream.write("".join(line + "\n" for line in kept).encode())
        spent = _number(kept[-1], "seconds") if kept else 0.0
        self.path, self.started = path, time.monotonic() - (spent if math.isfinite(spent) else 0.0)

    def write(self, step: int, **values: Any) -> None:
        record = {"step": step, "seconds": round(time.monotonic() - self.started, 2), **values}
        with self.path.open("a") as stream:
            stream.write(json.dumps(record) + "\n")


def _number(line: str, name: str) -> float:
    try:
        return float(json.loads(line)[name])
    except (ValueError, KeyError, TypeError):
        return math.inf  # a line cut off by a killed run


def _tensorboard(folder: Path, done: int) -> Any:
    """A writer of torch's for TensorBoard, which then shows nothing of what came after `done`; None where TensorBoard
    is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder), purge_step=done + 1)
