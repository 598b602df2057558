import numpy as np
import pytest
import torch

from trainer.config import preset
from trainer.geometry import stack
from trainer.model import Model

SIM = stack(preset("sim").encoder, 16_000)


def test_the_paper_stack_has_the_paper_frames_hops_and_fields() -> None:
    assert [depth.frames(10_240) for depth in SIM] == [511, 129, 64]
    assert [depth.hop for depth in SIM] == [20, 80, 160]
    assert [depth.receptive_field for depth in SIM] == [45, 225, 465]
    assert [depth.hop_seconds for depth in SIM] == pytest.approx([0.00125, 0.005, 0.01])


@pytest.mark.parametrize("samples", [41, 45, 160, 465, 999, 16_000, 16_001, 20_480])
def test_frame_counts_are_what_the_encoder_gives(samples: int) -> None:
    model = Model(preset("tiny")).eval()
    posteriors = model.encode(np.random.default_rng(samples).normal(size=samples).astype(np.float32))
    assert [p.mean.shape[1] for p in posteriors] == [depth.frames(samples) for depth in model.geometry]


@pytest.mark.parametrize("depth", SIM)
def test_minimum_samples_is_the_border(depth) -> None:
    assert depth.frames(depth.minimum_samples) == 1
    assert depth.frames(depth.minimum_samples - 1) == 0


@pytest.mark.parametrize("module", [1, 2, 3])
def test_offset_and_field_are_what_gradients_say(module: int) -> None:
    """The samples that a frame's mean depends on are exactly its receptive field."""
    config = preset("tiny")
    # Module borders are detached: chain the convolutions themselves, with every weight positive so that no path
    # cancels.
    layers = [layer for part in config.encoder.modules[:module] for layer in part.convs]
    net = torch.nn.Sequential(
        *(torch.nn.Conv1d(1, 1, layer.kernel, layer.stride, layer.padding, bias=False) for layer in layers)
    )
    for weight in net.parameters():
        torch.nn.init.ones_(weight)
    wave = torch.zeros(1, 1, 4000, requires_grad=True)
    frame = 10
    net(wave)[0, 0, frame].backward()
    seen = wave.grad[0, 0].nonzero().flatten()
    depth = stack(config.encoder, config.sample_rate)[module - 1]
    first = depth.offset + frame * depth.hop
    assert seen.min() == max(0, first)
    assert seen.max() == first + depth.receptive_field - 1
    assert depth.frame_centre(frame) == first + (depth.receptive_field - 1) / 2


@pytest.mark.parametrize("depth", SIM)
def test_seconds_to_frame_and_back(depth) -> None:
    for frame in (0, 1, 7, 60):
        assert depth.frame_at(depth.frame_centre_seconds(frame)) == frame


def test_frame_span() -> None:
    depth = SIM[2]  # centred at 20 + 160 t samples
    assert depth.frame_span(None, None, 64) == slice(0, 64)
    assert depth.frame_span(0.0, 100.0, 64) == slice(0, 64)
    span = depth.frame_span(0.1, 0.2, 64)
    centres = [depth.frame_centre_seconds(frame) for frame in range(64)]
    assert [frame for frame, centre in enumerate(centres) if 0.1 <= centre < 0.2] == list(range(span.start, span.stop))
    short = depth.frame_span(0.1001, 0.1002, 64)
    assert short.stop - short.start == 1
    assert abs(centres[short.start] - 0.1) <= depth.hop_seconds / 2 + 1e-3


def test_adjacent_spans_share_no_frame_and_leave_none_out() -> None:
    for depth in SIM:
        left, right = depth.frame_span(0.0, 0.3333, 64), depth.frame_span(0.3333, None, 64)
        if left.stop < 64:
            assert left.stop == right.start
