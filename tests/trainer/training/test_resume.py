"""A run killed at any moment ends as one that never was."""

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
    Moment,
    fit_alone,
    fit_until,
    metrics,
    same,
    start,
    untimed,
    weights,
)
from trainer.config import override
from trainer.training.checkpoint import CheckpointError
from trainer.training.fit_encoder import fit
from trainer.training.progress import MetricsLog

CHECKPOINT = "encoder.checkpoint.partial"

MOMENTS = {
    "half of the recordings are decoded": Moment("open", ".f32.partial", bytes_more=100_000),
    "their index is not written": Moment("open", ".json.partial"),
    "nothing is kept yet": Moment("open", "encoder.jsonl"),
    "half of the first checkpoint is written": Moment("open", CHECKPOINT, bytes_more=20_000),
    "the first checkpoint is written but not in place": Moment("os.rename", CHECKPOINT),
    "a step is logged that no checkpoint has": Moment("open", CHECKPOINT, 2),
    "half of the second checkpoint is written": Moment("open", CHECKPOINT, 2, bytes_more=20_000),
    "the second checkpoint is not in place": Moment("os.rename", CHECKPOINT, 2),
    "all is learnt, and half of the weights are written": Moment("open", "encoder.safetensors.partial", bytes_more=999),
    "the bundle lacks its config.json": Moment("open", "config.json.partial"),
}


@pytest.fixture(scope="module")
def whole(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nobody killed."""
    folder = tmp_path_factory.mktemp("whole")
    assert fit(TINY, [corpus], folder, **ON_CPU)
    return folder


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
def test_a_run_killed_at_this_moment_ends_as_one_never_killed(
    moment: Moment, corpus: Path, whole: Path, tmp_path: Path
) -> None:
    killed = start(fit_until, moment, TINY, corpus, tmp_path)
    killed.join(60)
    assert killed.exitcode == -(signal.SIGKILL if moment.bytes_more is None else signal.SIGXFSZ)
    if moment.bytes_more is not None:
        [partial] = tmp_path.rglob("*.partial")
        assert partial.stat().st_size == moment.bytes_more
    assert fit(TINY, [corpus], tmp_path, **ON_CPU)
    assert same(weights(whole), weights(tmp_path))
    assert untimed(whole) == untimed(tmp_path)
    assert not list(tmp_path.rglob("*.partial"))


def test_a_run_killed_again_and_again_ends_as_one_never_killed(corpus: Path, tmp_path: Path) -> None:
    often = override(TINY, {"training.steps": 60, "training.checkpoint_every": 3})
    assert fit(often, [corpus], tmp_path / "whole", **ON_CPU)
    delays, kills = np.random.default_rng(0).uniform(0.2, 1.2, size=6), 0
    for delay in delays:
        running = start(fit_alone, often, corpus, tmp_path / "killed")
        time.sleep(delay)
        running.kill()
        running.join()
        kills += running.exitcode == -signal.SIGKILL
    assert kills
    assert fit(often, [corpus], tmp_path / "killed", **ON_CPU)
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "killed"))
    assert untimed(tmp_path / "whole") == untimed(tmp_path / "killed")


def test_what_lies_about_half_written_is_never_read(corpus: Path, whole: Path, tmp_path: Path) -> None:
    killed = start(fit_until, Moment("os.rename", CHECKPOINT, 2), TINY, corpus, tmp_path)
    killed.join(60)
    run = tmp_path / "run"
    for file in [*run.glob("encoder.*"), *(run / "waveforms").iterdir()]:
        file.with_name(file.name + ".partial").write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    for samples in (run / "waveforms").glob("*.f32"):  # the disk lost their ends
        samples.write_bytes(samples.read_bytes()[:-4])
    assert fit(TINY, [corpus], tmp_path, **ON_CPU)
    assert same(weights(whole), weights(tmp_path))
    assert untimed(whole) == untimed(tmp_path)


@pytest.mark.parametrize("keep", [0, 7, 1000, -1])
def test_a_damaged_checkpoint_is_told_and_not_read(keep: int, corpus: Path, tmp_path: Path) -> None:
    fit(override(TINY, {"training.steps": 1}), [corpus], tmp_path, **ON_CPU)
    checkpoint = tmp_path / "run" / "encoder.checkpoint"
    checkpoint.write_bytes(checkpoint.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match=r"encoder\.checkpoint is damaged; remove it"):
        fit(TINY, [corpus], tmp_path, **ON_CPU)


def test_training_ends_when_validation_has_not_improved_and_keeps_the_best(corpus: Path, tmp_path: Path) -> None:
    """With a rate so high that it goes astray soon; the rate is constant, so that a run may be cut anywhere."""
    wild = override(
        TINY,
        {
            "training.steps": 200,
            "training.learning_rate": 0.1,
            "training.final_learning_rate": 1.0,
            "training.patience": 2,
        },
    )
    assert fit(wild, [corpus], tmp_path / "whole", **ON_CPU)
    losses = {r["step"]: r["loss"] for r in metrics(tmp_path / "whole") if r["side"] == "validation"}
    best = min(losses, key=losses.__getitem__)
    assert max(losses) == best + 2 * TINY.training.checkpoint_every < 200

    cut = override(wild, {"training.steps": best, "training.patience": None})
    assert fit(cut, [corpus], tmp_path / "cut", **ON_CPU)
    assert same(weights(tmp_path / "cut"), weights(tmp_path / "whole"))

    assert fit(wild, [corpus], tmp_path / "whole", **ON_CPU), "a run at its end goes no further"
    assert {r["step"] for r in metrics(tmp_path / "whole") if r["side"] == "validation"} == set(losses)
    assert same(weights(tmp_path / "cut"), weights(tmp_path / "whole"))

    after_best = Moment("os.rename", CHECKPOINT, best // TINY.training.checkpoint_every + 2)
    killed = start(fit_until, after_best, wild, corpus, tmp_path / "killed")
    killed.join(60)
    assert killed.exitcode == -signal.SIGKILL
    with safe_open(tmp_path / "killed" / "run" / "encoder.checkpoint", framework="pt") as file:
        assert int(file.metadata()["best_step"]) == best < int(file.metadata()["step"])
    assert fit(wild, [corpus], tmp_path / "killed", **ON_CPU)
    assert same(weights(tmp_path / "cut"), weights(tmp_path / "killed"))
    assert untimed(tmp_path / "whole") == untimed(tmp_path / "killed")


def test_metrics_log_drops_what_came_after_the_checkpoint(tmp_path: Path) -> None:
    file = tmp_path / "m.jsonl"
    log = MetricsLog(file, 0)
    for step in (1, 2, 3):
        log.write(step, loss=0.0)
    file.write_text(file.read_text() + '{"step": 4, "lo')
    MetricsLog(file, 2).write(3, loss=1.0)
    assert [json.loads(line)["step"] for line in file.read_text().splitlines()] == [1, 2, 3]
