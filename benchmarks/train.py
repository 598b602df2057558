"""One training step of the paper's model, ours beside the published way, at the same K, anchors, crop and threads.

Steps of both take turns in one process, so that whatever else the machine does falls on both, and so does what the
trainer asks of the allocator; so do the matrix products that tell the machine's rate. Peak memory is of a process of
its own for each, the reference's with the allocator as it comes.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.reference import Reference
from trainer.config import Config, override, preset
from trainer.model import Model
from trainer.objectives import InfoMaxObjective
from trainer.runtime.devices import autocast, has_bfloat16
from trainer.runtime.malloc_tuning import tune_for_training

PRESETS, CHANNELS, BATCH = ("sim", "gim"), (512, 128), 8
WARM_UP = 2
SQUARE = 2048
_OURS, _REFERENCE = "ours", "reference"
CPU = torch.device("cpu")


def rows(repeats: int) -> Iterator[dict[str, Any]]:
    """One row a preset and width. `matmul_share`: the matrix products that the published step needs, over our time and
    over the machine's rate at square products of a training step's three kinds.
    """
    for channels in CHANNELS:
        for name in PRESETS:
            yield row(name, channels, max(5, repeats // 20))


def row(name: str, channels: int, repeats: int) -> dict[str, Any]:
    config = configuration(name, channels)
    ours, reference = our_step(config), reference_step(config)
    products = square_products(torch.bfloat16 if has_bfloat16(CPU) else torch.float32)
    with FlopCounterMode(display=False) as counter:
        reference()
    times: dict[Callable[[], object], list[float]] = {ours: [], reference: [], products: []}
    for turn in range(WARM_UP + repeats):
        for work, taken in times.items():
            start = time.perf_counter()
            work()
            if turn >= WARM_UP:
                taken.append(time.perf_counter() - start)
    our_seconds, reference_seconds, product_seconds = (float(np.median(taken)) for taken in times.values())
    ratios = np.array(times[reference]) / np.array(times[ours])
    low, high = np.quantile(ratios, (0.25, 0.75))
    machine = 3 * 2 * SQUARE**3 / product_seconds
    audio = BATCH * config.training.crop_samples / config.sample_rate
    return {
        "preset": name,
        "channels": channels,
        "batch": BATCH,
        "threads": torch.get_num_threads(),
        "bfloat16": has_bfloat16(CPU),
        "steps": repeats,
        "ms_per_step": round(1000 * our_seconds, 1),
        "reference_ms_per_step": round(1000 * reference_seconds, 1),
        "audio_seconds_per_second": round(audio / our_seconds, 2),
        "reference_audio_seconds_per_second": round(audio / reference_seconds, 2),
        "ratio": round(float(np.median(ratios)), 2),
        "ratio_quartiles": [round(float(low), 2), round(float(high), 2)],
        "gflop": round(counter.get_total_flops() / 1e9, 1),
        "matmul_gflops": round(machine / 1e9),
        "matmul_share": round(counter.get_total_flops() / our_seconds / machine, 3),
        "peak_mb": peak_mb(_OURS, name, channels),
        "reference_peak_mb": peak_mb(_REFERENCE, name, channels),
    }


def configuration(name: str, channels: int) -> Config:
    """The preset at this width, and at the batch size that is measured."""
    config = preset(name)
    modules = [{**module.model_dump(), "hidden": channels, "dims": channels} for module in config.encoder.modules]
    return override(config, {"encoder.modules": modules, "training.batch_size": BATCH})


def our_step(config: Config) -> Callable[[], object]:
    """One update as trainer.loop makes it."""
    torch.manual_seed(0)
    objective = InfoMaxObjective(config, Model(config).encoder)
    optimiser = torch.optim.Adam(objective.parameters(), lr=config.training.learning_rate, fused=True)
    waveform, generator = crops(config), torch.Generator().manual_seed(0)

    def step() -> None:
        with autocast(CPU, config.training.precision):
            loss, *_ = objective(waveform, generator)
        loss.backward()
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)

    return step


def reference_step(config: Config) -> Callable[[], object]:
    """One update as published."""
    torch.manual_seed(0)
    network = Reference(config)
    optimiser = torch.optim.Adam(network.parameters(), lr=config.training.learning_rate)
    waveform = crops(config)

    def step() -> None:
        optimiser.zero_grad()
        network(waveform).backward()
        optimiser.step()

    return step


def crops(config: Config) -> Tensor:
    """A batch of noise: what it says takes no time."""
    shape = (BATCH, config.training.crop_samples)
    return 0.1 * torch.randn(shape, generator=torch.Generator().manual_seed(0))


def square_products(dtype: torch.dtype) -> Callable[[], object]:
    """The three products of a layer's training (output, gradient of input, gradient of weight), all square."""
    generator = torch.Generator().manual_seed(0)
    x, weight, gradient = (torch.randn(SQUARE, SQUARE, generator=generator).to(dtype) for _ in range(3))
    outputs = [torch.empty(SQUARE, SQUARE, dtype=dtype) for _ in range(3)]

    def products() -> None:
        torch.mm(x, weight.T, out=outputs[0])
        torch.mm(gradient, weight, out=outputs[1])
        torch.mm(gradient.T, x, out=outputs[2])

    return products


def peak_mb(side: str, name: str, channels: int) -> int:
    """The most memory a process has ever held that made two steps of one side."""
    command = [sys.executable, "-m", "benchmarks.train", side, name, str(channels)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _tell_peak(side: str, name: str, channels: str) -> None:
    if side == _OURS:
        tune_for_training()
    config = configuration(name, int(channels))
    step = our_step(config) if side == _OURS else reference_step(config)
    step(), step()
    print(_peak_kib() // 1024)


def _peak_kib() -> int:
    """Of this process; what getrusage tells a fresh process of Linux is the peak of the one that started it."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    _tell_peak(*sys.argv[1:])
