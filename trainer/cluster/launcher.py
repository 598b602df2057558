"""Many runs of one kind, each an ordinary bundle trained by a process of its own: for ensembles and sweeps.

What is finished is not trained again, what was begun goes on, and what another machine is at, on a folder that both
share, is left to it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from tqdm import tqdm

from trainer import bundle
from trainer.config import Config, override, preset
from trainer.training.run_folder import StopRequest, TrainingError, graceful_stop, run_folder

_LOOK_EVERY = 0.5  # seconds
_LOG, _METRICS, _WAVEFORMS = "log.txt", "encoder.jsonl", "waveforms"


@dataclass(frozen=True)
class Run:
    """One bundle to be: the name of its folder, and what is trained."""

    name: str
    preset: str
    settings: dict[str, Any] = field(default_factory=dict)

    def config(self) -> Config:
        """Raises ValueError that names the setting which does not hold."""
        return override(preset(self.preset), self.settings)


@dataclass(frozen=True)
class _Started:
    process: subprocess.Popen[bytes]
    lock: FileLock
    path: Path


def train_family(
    runs: Sequence[Run], data: Sequence[Path], members: Path, shared: Path, processes: int = 1, *, accelerator: str
) -> list[Path]:
    """Train `runs` into the folder `members`, `processes` at a time; recordings are decoded once, under `shared`.

    Returns the folders of all runs, or raises KeyboardInterrupt where it was asked to stop (what was begun is kept).
    Raises ValueError for settings that do not hold or a bundle of other settings, TrainingError where a run failed.
    """
    if processes < 1:
        raise ValueError(f"--processes is {processes}; at least 1 is needed")
    configs = [run.config() for run in runs]
    steps = sum(config.training.steps for config in configs)
    waiting = [run for run, config in zip(runs, configs, strict=True) if not is_finished(members / run.name, config)]
    active: list[_Started] = []
    elsewhere: list[str] = []
    with graceful_stop() as stop, tqdm(total=steps, desc=f"{len(runs)} runs", unit="step") as bar:
        while (waiting and not stop) or active:
            while waiting and not stop and len(active) < processes:
                run = waiting.pop(0)
                started = _start(run, data, members, shared, processes, accelerator)
                if started is None:
                    elsewhere.append(run.name)
                else:
                    active.append(started)
            time.sleep(_LOOK_EVERY)
            bar.set_postfix_str(f"{len(waiting)} waiting", refresh=False)
            bar.update(sum(_steps_done(members / run.name) for run in runs) - bar.n)
            active = [one for one in active if not _is_over(one, stop, active)]
    if stop:
        raise KeyboardInterrupt
    if elsewhere:
        tqdm.write(f"trained by another process: {', '.join(elsewhere)}; run this again when that is done")
    return [members / run.name for run in runs if is_finished(members / run.name, run.config())]


def is_finished(path: Path, config: Config) -> bool:
    """Whether there is a bundle of `config` at `path`. Raises ValueError where it is of another configuration."""
    if not (path / "config.json").exists():
        return False
    found = bundle.read_config(path).config
    # Decoders may have been trained since, by settings of their own
    later = {name: getattr(config, name) for name in ("decoder", "decoder_loss", "decoder_training")}
    if found.model_copy(update=later) != config:
        raise ValueError(f"{path.name} holds a bundle of other settings; choose another --out, or remove it")
    return True


def _start(
    run: Run, data: Sequence[Path], members: Path, shared: Path, processes: int, accelerator: str
) -> _Started | None:
    """The process that trains `run`, None where another one is at it."""
    path = members / run.name
    lock = FileLock(run_folder(path) / "training.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    command = [sys.executable, "-m", "trainer", "fit", "--preset", run.preset, "--out", str(path)]
    command += [part for folder in data for part in ("--data", str(folder))]
    command += [f"--set={name}={json.dumps(value)}" for name, value in run.settings.items()]
    command += ["--waveforms", str(shared / _WAVEFORMS), "--accelerator", accelerator, "--devices", "1"]
    threads = str(max(1, (os.cpu_count() or 1) // processes))
    environment = {**os.environ, "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", threads)}
    with (path / "run" / _LOG).open("ab") as log:
        # A session of its own: Ctrl-C reaches this process alone, which then asks the others to stop
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    return _Started(process, lock, path)


def _is_over(one: _Started, stop: StopRequest, active: Sequence[_Started]) -> bool:
    """Raises TrainingError where a run failed, once all others have been asked to stop."""
    if stop:
        one.process.terminate()
        one.process.wait()
    code = one.process.poll()
    if code is None:
        return False
    one.lock.release()
    if code != 0 and not stop:
        for other in active:
            other.process.terminate()
        for other in active:
            other.process.wait()
        raise TrainingError(f"{one.path.name} ended with code {code}: {_last_line(one.path / 'run' / _LOG)}")
    return True


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1][-300:] if lines else "it said nothing"


def _steps_done(path: Path) -> int:
    """By the metrics, which are written every few steps; read from their end."""
    try:
        with (path / "run" / _METRICS).open("rb") as stream:
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - 4096))
            return int(json.loads(stream.read().splitlines()[-1])["step"])
    except (OSError, ValueError, IndexError, KeyError):
        return 0
