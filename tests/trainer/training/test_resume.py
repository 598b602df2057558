"""A run that is killed at any point and resumed ends with the weights of an uninterrupted run."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

from tests.trainer.training_runs import (
    ON_CPU,
    TINY,
    KillPoint,
    equal_weights,
    fit_on_cpu,
    fit_until_killed,
    metrics,
    metrics_without_times,
    start_process,
    weights,
)
from trainer.config import override
from trainer.training.checkpoint import CheckpointError
from trainer.training.fit_encoder import fit
from trainer.training.progress import MetricsLog

CHECKPOINT = "encoder.checkpoint.partial"

KILL_POINTS = {
    "half of the recordings decoded": KillPoint("open", ".f32.partial", bytes_more=100_000),
    "index of recordings not written": KillPoint("open", ".json.partial"),
    "before the first log": KillPoint("open", "encoder.jsonl"),
    "half of the first checkpoint written": KillPoint("open", CHECKPOINT, bytes_more=20_000),
    "first checkpoint not renamed": KillPoint("os.rename", CHECKPOINT),
    "step logged after the last checkpoint": KillPoint("open", CHECKPOINT, 2),
    "half of the second checkpoint written": KillPoint("open", CHECKPOINT, 2, bytes_more=20_000),
    "second checkpoint not renamed": KillPoint("os.rename", CHECKPOINT, 2),
    "half of the final weights written": KillPoint("open", "encoder.safetensors.partial", bytes_more=999),
    "config.json of the bundle missing": KillPoint("open", "config.json.partial"),
}


@pytest.fixture(scope="module")
def uninterrupted(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was not killed."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    assert fit(TINY, [corpus], folder, **ON_CPU)
    return folder


@pytest.mark.parametrize("point", KILL_POINTS.values(), ids=KILL_POINTS)
def test_killed_run_resumes_to_the_weights_of_an_uninterrupted_one(
    point: KillPoint, corpus: Path, uninterrupted: Path, tmp_path: Path
) -> None:
    killed = start_process(fit_until_killed, point, TINY, corpus, tmp_path)
    killed.join(60)
    assert killed.exitcode == -(signal.SIGKILL if point.bytes_more is None else signal.SIGXFSZ)
    if point.bytes_more is not None:
        [partial] = tmp_path.rglob("*.partial")
        assert partial.stat().st_size == point.bytes_more
    assert fit(TINY, [corpus], tmp_path, **ON_CPU)
    assert equal_weights(weights(uninterrupted), weights(tmp_path))
    assert metrics_without_times(uninterrupted) == metrics_without_times(tmp_path)
    assert not list(tmp_path.rglob("*.partial"))


def test_run_killed_many_times_resumes_to_the_weights_of_an_uninterrupted_one(corpus: Path, tmp_path: Path) -> None:
    frequent = override(TINY, {"training.steps": 60, "training.checkpoint_every": 3})
    assert fit(frequent, [corpus], tmp_path / "uninterrupted", **ON_CPU)
    delays, kills = np.random.default_rng(0).uniform(0.2, 1.2, size=6), 0
    for delay in delays:
        running = start_process(fit_on_cpu, frequent, corpus, tmp_path / "killed")
        time.sleep(delay)
        running.kill()
        running.join()
        kills += running.exitcode == -signal.SIGKILL
    assert kills
    assert fit(frequent, [corpus], tmp_path / "killed", **ON_CPU)
    assert equal_weights(weights(tmp_path / "uninterrupted"), weights(tmp_path / "killed"))
    assert metrics_without_times(tmp_path / "uninterrupted") == metrics_without_times(tmp_path / "killed")


def test_partial_files_are_never_read(corpus: Path, uninterrupted: Path, tmp_path: Path) -> None:
    killed = start_process(fit_until_killed, KillPoint("os.rename", CHECKPOINT, 2), TINY, corpus, tmp_path)
    killed.join(60)
    run = tmp_path / "run"
    for file in [*run.glob("encoder.*"), *(run / "waveforms").iterdir()]:
        file.with_name(file.name + ".partial").write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    for samples in (run / "waveforms").glob("*.f32"):  # truncated by the disk
        samples.write_bytes(samples.read_bytes()[:-4])
    assert fit(TINY, [corpus], tmp_path, **ON_CPU)
    assert equal_weights(weights(uninterrupted), weights(tmp_path))
    assert metrics_without_times(uninterrupted) == metrics_without_times(tmp_path)


@pytest.mark.parametrize("keep", [0, 7, 1000, -1])
def test_damaged_checkpoint_raises(keep: int, corpus: Path, tmp_path: Path) -> None:
    fit(override(TINY, {"training.steps": 1}), [corpus], tmp_path, **ON_CPU)
    checkpoint = tmp_path / "run" / "encoder.checkpoint"
    checkpoint.write_bytes(checkpoint.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match=r"encoder\.checkpoint is damaged; remove it"):
        fit(TINY, [corpus], tmp_path, **ON_CPU)


def test_early_stopping_keeps_the_best_weights(corpus: Path, tmp_path: Path) -> None:
    """The learning rate is too high, so training diverges, and constant, so a shorter run has the same steps."""
    diverging = override(
        TINY,
        {
            "training.steps": 200,
            "training.learning_rate": 0.1,
            "training.final_learning_rate": 1.0,
            "training.patience": 2,
        },
    )
    assert fit(diverging, [corpus], tmp_path / "uninterrupted", **ON_CPU)
    losses = {r["step"]: r["loss"] for r in metrics(tmp_path / "uninterrupted") if r["split"] == "validation"}
    best = min(losses, key=losses.__getitem__)
    assert max(losses) == best + 2 * TINY.training.checkpoint_every < 200

    shorter = override(diverging, {"training.steps": best, "training.patience": None})
    assert fit(shorter, [corpus], tmp_path / "shorter", **ON_CPU)
    assert equal_weights(weights(tmp_path / "shorter"), weights(tmp_path / "uninterrupted"))

    assert fit(diverging, [corpus], tmp_path / "uninterrupted", **ON_CPU), "a finished run does not continue"
    assert {r["step"] for r in metrics(tmp_path / "uninterrupted") if r["split"] == "validation"} == set(losses)
    assert equal_weights(weights(tmp_path / "shorter"), weights(tmp_path / "uninterrupted"))

    after_best = KillPoint("os.rename", CHECKPOINT, best // TINY.training.checkpoint_every + 2)
    killed = start_process(fit_until_killed, after_best, diverging, corpus, tmp_path / "killed")
    killed.join(60)
    assert killed.exitcode == -signal.SIGKILL
    with safe_open(tmp_path / "killed" / "run" / "encoder.checkpoint", framework="pt") as file:
        assert int(file.metadata()["best_step"]) == best < int(file.metadata()["step"])
    assert fit(diverging, [corpus], tmp_path / "killed", **ON_CPU)
    assert equal_weights(weights(tmp_path / "shorter"), weights(tmp_path / "killed"))
    assert metrics_without_times(tmp_path / "uninterrupted") == metrics_without_times(tmp_path / "killed")


def test_metrics_log_drops_steps_after_the_checkpoint(tmp_path: Path) -> None:
    file = tmp_path / "m.jsonl"
    log = MetricsLog(file, 0)
    for step in (1, 2, 3):
        log.write(step, loss=0.0)
    file.write_text(file.read_text() + '{"step": 4, "lo')
    MetricsLog(file, 2).write(3, loss=1.0)
    assert [json.loads(line)["step"] for line in file.read_text().splitlines()] == [1, 2, 3]
