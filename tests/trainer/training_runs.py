"""What the tests of training share: small settings, what a run left, and processes that are killed or that train
together.
"""

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

# A server that has imported torch once and forks from then on: a process in a tenth of a second instead of several.
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["trainer.training.fit_decoder", "trainer.training.fit_encoder"])


def weights(bundle: Path, name: str = "encoder") -> dict[str, torch.Tensor]:
    return load_file(bundle / f"{name}.safetensors")


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def metrics(bundle: Path, name: str = "encoder") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (bundle / "run" / f"{name}.jsonl").read_text().splitlines()]


def untimed(bundle: Path) -> list[dict[str, Any]]:
    """The metrics without what the clock says."""
    timed = {"seconds", "audio_seconds_per_second"}
    return [{name: value for name, value in record.items() if name not in timed} for record in metrics(bundle)]


def start(target: Callable[..., None], *arguments: Any) -> BaseProcess:
    """`target` in a process of its own, with as many threads as here: their number shows in the last bits."""
    process = _SERVER.Process(target=_with_threads, args=(torch.get_num_threads(), target, *arguments))
    process.start()
    return process


def _with_threads(threads: int, target: Callable[..., None], *arguments: Any) -> None:
    torch.set_num_threads(threads)
    target(*arguments)


def together(count: int, target: Callable[..., None], *arguments: Any, seconds: float = 60) -> list[int]:
    """`target` in `count` processes that know of one another as torchrun's do; their exit codes, in the order of their
    ranks. Fails where one of them still runs after `seconds`.
    """
    store = torch.distributed.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    processes = [start(_as_rank, rank, count, store.port, target, *arguments) for rank in range(count)]
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


class Moment(NamedTuple):
    """The `count`-th time that a process raises the audit event `event` about a file whose name ends in `name`. With
    `bytes_more` it lives on until it has written so many to one file, and dies in the midst of that write.
    """

    event: str
    name: str
    count: int = 1
    bytes_more: int | None = None


def fit_until(moment: Moment, config: Config, corpus: Path, out: Path) -> None:
    """Train, and be killed at `moment`: nothing is cleaned up, nothing is flushed."""
    seen = 0

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal seen
        if event != moment.event or not str(arguments[0]).endswith(moment.name):
            return
        seen += 1
        if seen != moment.count:
            return
        if moment.bytes_more is None:
            os.kill(os.getpid(), signal.SIGKILL)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (moment.bytes_more, moment.bytes_more))

    sys.addaudithook(watch)
    fit_alone(config, corpus, out)


def fit_alone(config: Config, corpus: Path, out: Path) -> None:
    fit(config, [corpus], out, **ON_CPU)
