"""Devices and precision: Fabric on this machine or under torchrun, and bfloat16 autocast."""

from __future__ import annotations

import os

import torch
from lightning_fabric import Fabric
from torch import distributed


def launch(accelerator: str = "auto", devices: int | str = "auto") -> Fabric:
    """Launched Fabric. Under torchrun the number of processes comes from torchrun, and `devices` is ignored."""
    nodes = 1
    if distributed.is_available() and distributed.is_torchelastic_launched():
        devices = int(os.environ["LOCAL_WORLD_SIZE"])
        nodes = int(os.environ["WORLD_SIZE"]) // devices
    fabric = Fabric(accelerator=accelerator, devices=devices, num_nodes=nodes)
    fabric.launch()
    return fabric


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """Autocast context for `training.precision`: matrix products in bfloat16 or not.

    Not Fabric's own mixed precision: that casts the waveform to bfloat16 first, and 8 bits lose quiet details of loud
    speech.
    """
    bfloat16 = precision == "bf16-mixed" or (precision == "auto" and has_bfloat16(device))
    return torch.autocast(device.type, torch.bfloat16, enabled=bfloat16)


def has_bfloat16(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 in hardware; emulation is slower than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and bool(torch.cpu._is_avx512_bf16_supported())
