"""Training logs, and that they never make a step wait for the device."""

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

from tests.trainer.training_runs import ON_CPU, TINY, KillPoint, fit_until_killed, metrics, start_process
from trainer.config import override
from trainer.training import loop
from trainer.training.fit_encoder import fit
from trainer.training.progress import Progress


def scalars(bundle: Path) -> dict[str, list[tuple[int, float]]]:
    """(step, value) of each TensorBoard curve of a run."""
    events = EventAccumulator(str(bundle / "run" / "tensorboard" / "encoder")).Reload()
    return {tag: [(point.step, point.value) for point in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def test_progress_bar_shows_losses_active_dimensions_speed_and_time_left(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fit(TINY, [corpus], tmp_path, **ON_CPU)
    number = r"\d[\d.e+-]*"
    each = rf"{number}/{number}/{number}"
    shown = rf"12/12 \[00:\d\d<00:00, .*InfoNCE {each}, KL {each}, active {each}, {number} audio s/s\]"
    assert re.search(shown, capsys.readouterr().err)


def test_speed_is_audio_per_second_since_the_last_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(seconds=100.0)
    monkeypatch.setattr("trainer.training.progress.time", SimpleNamespace(monotonic=lambda: clock.seconds))
    with Progress(tmp_path, "x", 40, 100, audio_seconds=2.0, enabled=True) as progress:
        clock.seconds += 3.0
        progress.log_validation(50, {"loss": 1.0})
        clock.seconds += 0.5
        progress.log_training(60, {"loss": 1.0}, "summary", learning_rate=0.1)
    assert progress.speed == pytest.approx(10 * 2.0 / 0.5)


def test_tensorboard_curves_equal_the_json_lines_after_a_resume(corpus: Path, tmp_path: Path) -> None:
    killed = start_process(
        fit_until_killed, KillPoint("os.rename", "encoder.checkpoint.partial", 2), TINY, corpus, tmp_path
    )
    killed.join(60)
    time.sleep(1.1)  # TensorBoard orders files by their start in whole seconds
    assert fit(TINY, [corpus], tmp_path, **ON_CPU)
    expected: dict[str, list[tuple[int, float]]] = {}
    for record in metrics(tmp_path):
        step, split = record["step"], record["split"]
        for name, value in record.items():
            if name in ("step", "split", "seconds"):
                continue
            for index, number in enumerate(value if isinstance(value, list) else [value], start=1):
                tag = f"{split}/{name}/{index}" if isinstance(value, list) else f"{split}/{name}"
                expected.setdefault(tag, []).append((step, pytest.approx(number)))
    assert [step for step, _ in expected["validation/kl/3"]] == [5, 10, 12]
    assert scalars(tmp_path) == expected


def test_training_works_without_tensorboard(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.startswith("torch.utils.tensorboard")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    assert fit(override(TINY, {"training.steps": 1}), [corpus], tmp_path, **ON_CPU)
    assert metrics(tmp_path)
    assert not (tmp_path / "run" / "tensorboard").exists()


class CountSynchronisations(TorchDispatchMode):
    """Counts operations that make the CPU wait for the device: reading a tensor as a number."""

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
        with CountSynchronisations() as synchronisations:
            outputs = step(*arguments)
        counts.append(synchronisations.count)
        return outputs

    monkeypatch.setattr(loop, "_step", counted)
    assert fit(override(TINY, settings), [corpus], tmp_path, **ON_CPU)
    assert counts == [0] * 12
