"""Launch many training runs, each in its own process and with its own bundle: for ensembles and sweeps.

Finished runs are skipped and interrupted ones resumed. Runs that another process is training, also on another machine
with the same folder, are left to it.
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
from trainer.training.errors import TrainingError
from trainer.training.interruption import StopRequest, graceful_stop
from trainer.training.run_folder import run_folder

_POLL_SECONDS = 0.5
_LOG, _METRICS, _WAVEFORMS = "log.txt", "encoder.jsonl", "waveforms"


@dataclass(frozen=True)
class Run:
    """One bundle to train: the name of its folder, the preset, and the settings that differ from it."""

    name: str
    preset: str
    settings: dict[str, Any] = field(default_factory=dict)

    def config(self) -> Config:
        """The configuration. Raises ValueError that names an invalid setting."""
        return override(preset(self.preset), self.settings)


@dataclass(frozen=True)
class _ActiveRun:
    process: subprocess.Popen[bytes]
    lock: FileLock
    path: Path


def launch_runs(
    runs: Sequence[Run], data: Sequence[Path], members: Path, shared: Path, processes: int = 1, *, accelerator: str
) -> list[Path]:
    """Train `runs` into subfolders of `members`, `processes` at a time. Recordings are decoded once, under `shared`.

    Returns the folders of the finished runs. Raises ValueError for invalid settings or an existing bundle of other
    settings, TrainingError where a run failed, and KeyboardInterrupt when interrupted (checkpoints are kept).
    """
    if processes < 1:
        raise ValueError(f"--processes is {processes}; at least 1 is needed")
    configs = [run.config() for run in runs]
    steps = sum(config.training.steps for config in configs)
    waiting = [run for run, config in zip(runs, configs, strict=True) if not is_finished(members / run.name, config)]
    active: list[_ActiveRun] = []
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
            time.sleep(_POLL_SECONDS)
            bar.set_postfix_str(f"{len(waiting)} waiting", refresh=False)
            bar.update(sum(_steps_done(members / run.name) for run in runs) - bar.n)
            active = [started for started in active if not _has_ended(started, stop, active)]
    if stop:
        raise KeyboardInterrupt
    if elsewhere:
        tqdm.write(f"another process is training: {', '.join(elsewhere)}; run this command again when it has finished")
    return [members / run.name for run in runs if is_finished(members / run.name, run.config())]


def is_finished(path: Path, config: Config) -> bool:
    """Whether there is a bundle of `config` at `path`. Raises ValueError where it has other settings."""
    if not (path / "config.json").exists():
        return False
    existing = bundle.read_config(path).config
    # Decoders may have been trained since, with other settings
    decoders = {name: getattr(config, name) for name in ("decoder", "decoder_loss", "decoder_training")}
    if existing.model_copy(update=decoders) != config:
        raise ValueError(f"{path.name} is a bundle of other settings; choose another --out, or remove it")
    return True


def _start(
    run: Run, data: Sequence[Path], members: Path, shared: Path, processes: int, accelerator: str
) -> _ActiveRun | None:
    """Start a process that trains `run`; None if another process is training it."""
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
        # In a new session: Ctrl-C reaches only this process, which then terminates the others
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    return _ActiveRun(process, lock, path)


def _has_ended(run: _ActiveRun, stop: StopRequest, active: Sequence[_ActiveRun]) -> bool:
    """Whether the process of `run` has ended; on `stop` it is terminated first.

    Raises TrainingError where it failed, after terminating all `active` runs.
    """
    if stop:
        run.process.terminate()
        run.process.wait()
    code = run.process.poll()
    if code is None:
        return False
    run.lock.release()
    if code != 0 and not stop:
        for other in active:
            other.process.terminate()
        for other in active:
            other.process.wait()
        raise TrainingError(f"{run.path.name} ended with code {code}: {_last_line(run.path / 'run' / _LOG)}")
    return True


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1][-300:] if lines else "its log is empty"


def _steps_done(path: Path) -> int:
    """Steps finished, from the last line of the metrics file."""
    try:
        with (path / "run" / _METRICS).open("rb") as stream:
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - 4096))
            return int(json.loads(stream.read().splitlines()[-1])["step"])
    except (OSError, ValueError, IndexError, KeyError):
        return 0
