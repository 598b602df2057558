"""What a run tells of itself, and that telling costs it nothing."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils._python_dispatch import TorchDispatchMode

from tests.trainer.training_runs import ON_CPU, TINY, Moment, fit_until, metrics, start
from trainer.config import override
from trainer.training import loop
from trainer.training.fit_encoder import fit
from trainer.training.progress import Progress


def scalars(bundle: Path) -> dict[str, list[tuple[int, float]]]:
    """What TensorBoard shows of a run: (step, value) of each curve."""
    events = EventAccumulator(str(bundle / "run" / "tensorboard" / "encoder")).Reload()
    return {tag: [(point.step, point.value) for point in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def test_the_bar_shows_losses_activity_speed_and_time_left(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fit(TINY, [corpus], tmp_path, **ON_CPU)
    number = r"\d[\d.e+-]*"
    each = rf"{number}/{number}/{number}"
    shown = rf"12/12 \[00:\d\d<00:00, .*InfoNCE {each}, KL {each}, active {each}, {number} audio s/s\]"
    assert re.search(shown, capsys.readouterr().err)


def test_speed_is_sound_heard_since_the_last_telling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(seconds=100.0)
    monkeypatch.setattr("trainer.training.progress.time", SimpleNamespace(monotonic=lambda: clock.seconds))
    with Progress(tmp_path, "x", 40, 100, audio_seconds=2.0, telling=True) as told:
        clock.seconds += 3.0
        told.validation(50, {"loss": 1.0})
        clock.seconds += 0.5
        told.training(60, {"loss": 1.0}, "well", learning_rate=0.1)
    assert told.rate == pytest.approx(10 * 2.0 / 0.5)


def test_curves_in_tensorboard_are_those_of_the_json_lines(corpus: Path, tmp_path: Path) -> None:
    killed = start(fit_until, Moment("os.rename", "encoder.checkpoint.partial", 2), TINY, corpus, tmp_path)
    killed.join(60)
    time.sleep(1.1)  # TensorBoard puts files in order by the second they were begun in
    assert fit(TINY, [corpus], tmp_path, **ON_CPU)
    expected: dict[str, list[tuple[int, float]]] = {}
    for record in metrics(tmp_path):
        step, side = record["step"], record["side"]
        for name, value in record.items():
            if name in ("step", "side", "seconds"):
                continue
            for index, number in enumerate(value if isinstance(value, list) else [value], start=1):
                tag = f"{side}/{name}/{index}" if isinstance(value, list) else f"{side}/{name}"
                expected.setdefault(tag, []).append((step, pytest.approx(number)))
    assert [step for step, _ in expected["validation/kl/3"]] == [5, 10, 12]
    assert scalars(tmp_path) == expected


def test_without_tensorboard_nothing_of_it_is_written(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in [name for name in sys.modules if name.startswith("torch.utils.tensorboard")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    assert fit(override(TINY, {"training.steps": 1}), [corpus], tmp_path, **ON_CPU)
    assert metrics(tmp_path)
    assert not (tmp_path / "run" / "tensorboard").exists()


class Waits(TorchDispatchMode):
    """Counts what makes the processor wait for the device: a tensor read as a number."""

    count = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += function in (torch.ops.aten._local_scalar_dense.default, torch.ops.aten.nonzero.default)
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("settings", [{}, {"encoder.batch_norm": False, "objective.window": 100}])
def test_a_step_never_waits_for_the_device(
    settings: dict[str, Any], corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []
    step = loop._step

    def counted(*arguments: Any) -> Any:
        with Waits() as waits:
            outputs = step(*arguments)
        counts.append(waits.count)
        return outputs

    monkeypatch.setattr(loop, "_step", counted)
    assert fit(override(TINY, settings), [corpus], tmp_path, **ON_CPU)
    assert counts == [0] * 12
