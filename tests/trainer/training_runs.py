"""Helpers of the training tests: small settings, files of a run, and processes that are killed or train together."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors.torch import load_file

from trainer.config import Config, override, preset
from trainer.training.fit_encoder import fit

TINY = override(preset("tiny"), {"training.steps": 12, "decoder_training.steps": 12})
ON_CPU = {"accelerator": "cpu", "devices": 1}

# A server that imports torch once and then forks: a process starts in 0.1 s instead of several seconds.
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["trainer.training.fit_decoder", "trainer.training.fit_encoder"])


def weights(bundle: Path, name: str = "encoder") -> dict[str, torch.Tensor]:
    return load_file(bundle / f"{name}.safetensors")


def equal_weights(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def metrics(bundle: Path, name: str = "encoder") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (bundle / "run" / f"{name}.jsonl").read_text().splitlines()]


def metrics_without_times(bundle: Path) -> list[dict[str, Any]]:
    timed = {"seconds", "audio_seconds_per_second"}
    return [{name: value for name, value in record.items() if name not in timed} for record in metrics(bundle)]


def start_process(target: Callable[..., None], *arguments: Any) -> BaseProcess:
    """Start `target` in another process with as many threads as this one: the number affects rounding."""
    process = _SERVER.Process(target=_with_threads, args=(torch.get_num_threads(), target, *arguments))
    process.start()
    return process


def _with_threads(threads: int, target: Callable[..., None], *arguments: Any) -> None:
    torch.set_num_threads(threads)
    target(*arguments)


def run_ranks(count: int, target: Callable[..., None], *arguments: Any, seconds: float = 60) -> list[int]:
    """Exit codes of `target` in `count` processes with torchrun's environment, by rank. Fails after `seconds`."""
    store = torch.distributed.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    processes = [start_process(_as_rank, rank, count, store.port, target, *arguments) for rank in range(count)]
    for process in processes:
        process.join(seconds)
    hanging = [process for process in processes if process.is_alive()]
    for process in hanging:
        process.kill()
    assert not hanging
    return [process.exitcode for process in processes]


def _as_rank(rank: int, count: int, port: int, target: Callable[..., None], *arguments: Any) -> None:
    os.environ |= {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(count),
        "LOCAL_WORLD_SIZE": str(count),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "TORCHELASTIC_RUN_ID": "test",
        "TORCHELASTIC_USE_AGENT_STORE": "True",
    }
    target(*arguments)


class KillPoint(NamedTuple):
    """The `count`-th audit event `event` for a file whose name ends in `name`. With `bytes_more`, the process dies
    later, once it has written that many bytes to one file.
    """

    event: str
    name: str
    count: int = 1
    bytes_more: int | None = None


def fit_until_killed(point: KillPoint, config: Config, corpus: Path, out: Path) -> None:
    """Train and be killed at `point`, without cleaning up or flushing."""
    events = 0

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal events
        if event != point.event or not str(arguments[0]).endswith(point.name):
            return
        events += 1
        if events != point.count:
            return
        if point.bytes_more is None:
            os.kill(os.getpid(), signal.SIGKILL)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (point.bytes_more, point.bytes_more))

    sys.addaudithook(watch)
    fit_on_cpu(config, corpus, out)


def fit_on_cpu(config: Config, corpus: Path, out: Path) -> None:
    fit(config, [corpus], out, **ON_CPU)
