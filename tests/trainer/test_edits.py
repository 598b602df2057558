"""Edits, starting latents, and interpolation of latents."""

import pytest
import torch
from pydantic import ValidationError

from trainer.config import preset
from trainer.edits import (
    Edit,
    apply_edits,
    base_latents,
    distance_shares,
    move_toward,
    prior_latents,
    resample_frames,
    zero_latents,
)
from trainer.geometry import encoder_geometry
from trainer.model import Posterior

GEOMETRY = encoder_geometry(preset("tiny").encoder, 16_000)[2]
LATENTS = torch.randn(8, 100, generator=torch.Generator().manual_seed(0))


def test_set_add_and_scale_apply_to_whole_clip() -> None:
    for op, expected in (("set", torch.full((100,), 1.5)), ("add", LATENTS[3] + 1.5), ("scale", LATENTS[3] * 1.5)):
        edited = apply_edits(LATENTS, [Edit(dim=3, op=op, value=1.5)], GEOMETRY)
        assert torch.equal(edited[3], expected)
        others = [dim for dim in range(8) if dim != 3]
        assert torch.equal(edited[others], LATENTS[others])


def test_span_changes_only_its_frames_and_not_the_input() -> None:
    before = LATENTS.clone()
    edited = apply_edits(LATENTS, [Edit(dim=0, op="set", value=9.0, start=0.2, end=0.4)], GEOMETRY)
    changed = (edited[0] == 9.0).nonzero().flatten().tolist()
    assert changed == [frame for frame in range(100) if 0.2 <= GEOMETRY.frame_centre_seconds(frame) < 0.4]
    assert torch.equal(LATENTS, before)


def test_edits_apply_in_order() -> None:
    edits = [Edit(dim=1, op="set", value=1.0), Edit(dim=1, op="add", value=1.0), Edit(dim=1, op="scale", value=3.0)]
    assert (apply_edits(LATENTS, edits, GEOMETRY)[1] == 6.0).all()


def test_overflow_gives_infinity() -> None:
    edits = [Edit(dim=1, op="set", value=10.0), *[Edit(dim=1, op="scale", value=10.0)] * 50]
    edited = apply_edits(LATENTS, edits, GEOMETRY)
    assert edited[1].isposinf().all()
    assert torch.equal(edited[2:], LATENTS[2:])


def test_no_edits_returns_equal_latents() -> None:
    assert torch.equal(apply_edits(LATENTS, [], GEOMETRY), LATENTS)


def test_invalid_edits_raise() -> None:
    with pytest.raises(ValueError, match="dim must be 0 to 7"):
        apply_edits(LATENTS, [Edit(dim=8, op="add", value=0.0)], GEOMETRY)
    for invalid in (
        {"value": 10.1},
        {"value": float("nan")},
        {"op": "multiply"},
        {"dim": -1},
        {"start": -1.0},
        {"extra": 1},
    ):
        with pytest.raises(ValidationError):
            Edit(**{"dim": 0, "op": "add", "value": 1.0, **invalid})


def test_starting_latents() -> None:
    posterior = Posterior(LATENTS, torch.zeros_like(LATENTS))
    assert torch.equal(base_latents(posterior, "mean"), LATENTS)
    assert torch.equal(base_latents(posterior, "sample", 5), base_latents(posterior, "sample", 5))
    assert not torch.equal(base_latents(posterior, "sample", 5), base_latents(posterior, "sample", 6))
    assert torch.equal(prior_latents(8, 20, 1), prior_latents(8, 20, 1))
    prior = prior_latents(64, 1000, 2)
    assert abs(float(prior.mean())) < 0.02
    assert abs(float(prior.std()) - 1) < 0.02
    assert zero_latents(8, 3).abs().max() == 0


OTHER = torch.randn(8, 60, generator=torch.Generator().manual_seed(1)) + torch.arange(8.0)[:, None]


def test_distance_shares_are_shares_of_squared_distance_between_means() -> None:
    first, second = torch.zeros(4, 10), torch.tensor([0.0, -3.0, 1.0, 0.0])[:, None].expand(4, 7)
    assert distance_shares(first, second).tolist() == pytest.approx([0.0, 0.9, 0.1, 0.0])
    assert distance_shares(first, first).tolist() == [0.0] * 4, "equal clips have distance 0"
    assert float(distance_shares(LATENTS, OTHER).sum()) == pytest.approx(1.0)


def test_move_toward_is_linear_between_clips() -> None:
    other = resample_frames(OTHER, 100)
    assert torch.equal(move_toward(LATENTS, OTHER, 0.0), LATENTS)
    assert torch.equal(move_toward(LATENTS, OTHER, 1.0), other)
    assert torch.allclose(move_toward(LATENTS, OTHER, 0.3), 0.7 * LATENTS + 0.3 * other, atol=1e-6)


def test_move_toward_moves_only_dimensions_with_largest_shares() -> None:
    before, by_share = LATENTS.clone(), distance_shares(LATENTS, OTHER).argsort(descending=True).tolist()
    for count in (0, 1, 3, 8):
        moved = move_toward(LATENTS, OTHER, 1.0, count)
        changed = (moved != LATENTS).any(1).nonzero()[:, 0].tolist()
        assert sorted(changed) == sorted(by_share[:count])
        assert torch.equal(moved[changed], resample_frames(OTHER, 100)[changed])
    assert torch.equal(LATENTS, before)


def test_resample_frames_aligns_start_and_end() -> None:
    ramp = torch.linspace(0, 1, 50)[None]
    assert torch.equal(resample_frames(ramp, 50), ramp)
    for frames in (30, 73):
        centres = (torch.arange(frames) + 0.5) / frames  # relative to the duration
        expected = ((centres * 50 - 0.5) / 49).clamp(0, 1)
        assert torch.allclose(resample_frames(ramp, frames)[0], expected, atol=1e-6)
    assert resample_frames(ramp[:, :1], 4).tolist() == [[0.0] * 4]
