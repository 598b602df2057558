"""Where a run computes, this machine's devices or every process that torchrun started, and how precisely."""

from __future__ import annotations

import os

import torch
from lightning_fabric import Fabric
from torch import distributed


def launch(accelerator: str = "auto", devices: int | str = "auto") -> Fabric:
    """Fabric, launched. Under torchrun the number of processes is torchrun's to say, and `devices` is not asked."""
    nodes = 1
    if distributed.is_available() and distributed.is_torchelastic_launched():
        devices = int(os.environ["LOCAL_WORLD_SIZE"])
        nodes = int(os.environ["WORLD_SIZE"]) // devices
    fabric = Fabric(accelerator=accelerator, devices=devices, num_nodes=nodes)
    fabric.launch()
    return fabric


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """Matrix products in bfloat16 or not, by `training.precision`.

    Not Fabric's own mixed precision: that rounds the waveform to bfloat16 before anything else, and its 8 bits lose
    what is quiet in loud speech.
    """
    bfloat16 = precision == "bf16-mixed" or (precision == "auto" and has_bfloat16(device))
    return torch.autocast(device.type, torch.bfloat16, enabled=bfloat16)


def has_bfloat16(device: torch.device) -> bool:
    """Whether the device itself multiplies in bfloat16; those that merely imitate it are slower for it."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and bool(torch.cpu._is_avx512_bf16_supported())
