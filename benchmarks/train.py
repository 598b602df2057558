"""Speed and memory of one training step, compared with the published implementation at equal K, anchors and crop.

Steps of both, and matrix products that measure the machine's peak rate, alternate in one process, so that other load
and the malloc settings affect all of them. Peak memory is measured in one process each, the reference's with default
malloc settings.
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
    """One row per preset and width.

    `matmul_share`: the floating-point operations of the published step divided by our time and by the machine's rate on
    square matrix products.
    """
    for channels in CHANNELS:
        for name in PRESETS:
            yield row(name, channels, max(5, repeats // 20))


def row(name: str, channels: int, repeats: int) -> dict[str, Any]:
    """The comparison for one preset and width."""
    config = configuration(name, channels)
    ours, reference = our_step(config), reference_step(config)
    products = square_products(torch.bfloat16 if has_bfloat16(CPU) else torch.float32)
    with FlopCounterMode(display=False) as counter:
        reference()
    times: dict[Callable[[], object], list[float]] = {ours: [], reference: [], products: []}
    for repeat in range(WARM_UP + repeats):
        for work, taken in times.items():
            start = time.perf_counter()
            work()
            if repeat >= WARM_UP:
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
    """The preset with this many channels and dimensions, and the benchmark's batch size."""
    config = preset(name)
    modules = [{**module.model_dump(), "hidden": channels, "dims": channels} for module in config.encoder.modules]
    return override(config, {"encoder.modules": modules, "training.batch_size": BATCH})


def our_step(config: Config) -> Callable[[], object]:
    """One update as in trainer.training.loop."""
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
    """One update of the published implementation."""
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
    """A batch of noise (B, samples); its content does not affect the time."""
    shape = (BATCH, config.training.crop_samples)
    return 0.1 * torch.randn(shape, generator=torch.Generator().manual_seed(0))


def square_products(dtype: torch.dtype) -> Callable[[], object]:
    """The three matrix products of a linear layer's training step (output, input gradient, weight gradient)."""
    generator = torch.Generator().manual_seed(0)
    x, weight, gradient = (torch.randn(SQUARE, SQUARE, generator=generator).to(dtype) for _ in range(3))
    outputs = [torch.empty(SQUARE, SQUARE, dtype=dtype) for _ in range(3)]

    def products() -> None:
        torch.mm(x, weight.T, out=outputs[0])
        torch.mm(gradient, weight, out=outputs[1])
        torch.mm(gradient.T, x, out=outputs[2])

    return products


def peak_mb(implementation: str, name: str, channels: int) -> int:
    """Peak memory of a process that makes two steps, in MiB."""
    command = [sys.executable, "-m", "benchmarks.train", implementation, name, str(channels)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _print_peak(implementation: str, name: str, channels: str) -> None:
    if implementation == _OURS:
        tune_for_training()
    config = configuration(name, int(channels))
    step = our_step(config) if implementation == _OURS else reference_step(config)
    step(), step()
    print(_peak_kib() // 1024)


def _peak_kib() -> int:
    """Of this process. On Linux, getrusage of a new process starts with the peak of its parent; VmHWM does not."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    _print_peak(*sys.argv[1:])
