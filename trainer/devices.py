"""Where a run computes: this machine's devices, or every process that torchrun started, on one machine or many."""

from __future__ import annotations

import os

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
