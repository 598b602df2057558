"""Frame counts, hops, receptive fields and frame positions."""

import numpy as np
import pytest
import torch

from trainer.config import preset
from trainer.geometry import encoder_geometry
from trainer.model import Model

SIM = encoder_geometry(preset("sim").encoder, 16_000)


def test_sim_has_frame_counts_hops_and_fields_of_paper() -> None:
    assert [geometry.frames(10_240) for geometry in SIM] == [511, 129, 64]
    assert [geometry.hop for geometry in SIM] == [20, 80, 160]
    assert [geometry.receptive_field for geometry in SIM] == [45, 225, 465]
    assert [geometry.hop_seconds for geometry in SIM] == pytest.approx([0.00125, 0.005, 0.01])


@pytest.mark.parametrize("samples", [41, 45, 160, 465, 999, 16_000, 16_001, 20_480])
def test_frame_counts_match_encoder(samples: int) -> None:
    model = Model(preset("tiny")).eval()
    posteriors = model.encode(np.random.default_rng(samples).normal(size=samples).astype(np.float32))
    assert [p.mean.shape[1] for p in posteriors] == [geometry.frames(samples) for geometry in model.geometry]


@pytest.mark.parametrize("geometry", SIM)
def test_minimum_samples_gives_one_frame_and_one_less_gives_none(geometry) -> None:
    assert geometry.frames(geometry.minimum_samples) == 1
    assert geometry.frames(geometry.minimum_samples - 1) == 0


@pytest.mark.parametrize("module", [1, 2, 3])
def test_offset_and_receptive_field_match_gradients(module: int) -> None:
    """The samples with a gradient of a frame are exactly its receptive field."""
    config = preset("tiny")
    # Gradients stop at module borders, so chain the convolutions directly. Weights are 1, so that no paths cancel.
    layers = [layer for part in config.encoder.modules[:module] for layer in part.convs]
    net = torch.nn.Sequential(
        *(torch.nn.Conv1d(1, 1, layer.kernel, layer.stride, layer.padding, bias=False) for layer in layers)
    )
    for weight in net.parameters():
        torch.nn.init.ones_(weight)
    wave = torch.zeros(1, 1, 4000, requires_grad=True)
    frame = 10
    net(wave)[0, 0, frame].backward()
    inputs = wave.grad[0, 0].nonzero().flatten()
    geometry = encoder_geometry(config.encoder, config.sample_rate)[module - 1]
    first = geometry.offset + frame * geometry.hop
    assert inputs.min() == max(0, first)
    assert inputs.max() == first + geometry.receptive_field - 1
    assert geometry.frame_centre(frame) == first + (geometry.receptive_field - 1) / 2


@pytest.mark.parametrize("geometry", SIM)
def test_frame_at_inverts_frame_centre_seconds(geometry) -> None:
    for frame in (0, 1, 7, 60):
        assert geometry.frame_at(geometry.frame_centre_seconds(frame)) == frame


def test_frame_span_has_frames_centred_in_span() -> None:
    geometry = SIM[2]  # centred at 20 + 160 t samples
    assert geometry.frame_span(None, None, 64) == slice(0, 64)
    assert geometry.frame_span(0.0, 100.0, 64) == slice(0, 64)
    span = geometry.frame_span(0.1, 0.2, 64)
    centres = [geometry.frame_centre_seconds(frame) for frame in range(64)]
    assert [frame for frame, centre in enumerate(centres) if 0.1 <= centre < 0.2] == list(range(span.start, span.stop))
    short = geometry.frame_span(0.1001, 0.1002, 64)
    assert short.stop - short.start == 1
    assert abs(centres[short.start] - 0.1) <= geometry.hop_seconds / 2 + 1e-3


def test_adjacent_spans_partition_frames() -> None:
    for geometry in SIM:
        left, right = geometry.frame_span(0.0, 0.3333, 64), geometry.frame_span(0.3333, None, 64)
        if left.stop < 64:
            assert left.stop == right.start
