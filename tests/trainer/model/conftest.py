"""A tiny model for the tests of its latent bases."""

from __future__ import annotations

import pytest
import torch

from trainer.config import preset
from trainer.model import Model


@pytest.fixture
def model() -> Model:
    """Random weights of `tiny`, with a decoder of module 2."""
    torch.manual_seed(0)
    made = Model(preset("tiny"))
    made.add_decoder(2)
    return made.eval()
