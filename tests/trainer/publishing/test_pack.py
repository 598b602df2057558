"""Packing of a bundle."""

from pathlib import Path

import torch

from trainer import bundle
from trainer.config import preset
from trainer.metrics.prior.typicality import typicality_reference
from trainer.model import Model
from trainer.publishing.pack import pack


def test_reference_frames_are_packed(tmp_path: Path) -> None:
    """Half precision changes the encoder's file, and a file of other weights would be ignored."""
    torch.manual_seed(0)
    source, out = tmp_path / "source", tmp_path / "out"
    bundle.save(source, Model(preset("tiny")))
    pack(source, out)
    assert not (out / "typicality.safetensors").exists()
    reference = typicality_reference([torch.randn(8, 50) for _ in range(4)])
    assert reference is not None
    bundle.save_typicality(source, {2: reference})
    pack(source, out)
    packed = bundle.read_typicality(out, [8, 8, 8])
    assert list(packed) == [2]
    assert torch.equal(packed[2].frames, reference.frames)
