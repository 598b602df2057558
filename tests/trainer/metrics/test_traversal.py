import numpy as np
import pytest
import torch
from torch import Tensor

from trainer.config import override, preset
from trainer.evaluation.decoding.gather_statistics import gather_statistics
from trainer.metrics.latents.latent_statistics import LatentStatistics
from trainer.metrics.latents.traversal import disjoint_pairs, interpolation, traversal, traversal_shapes
from trainer.metrics.latents.usage import usage
from trainer.model import Model, Posterior


def waves(count: int = 3) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.normal(size=9000 + 6000 * index).astype(np.float32) * 0.1 for index in range(count)]


def posteriors() -> list[Posterior]:
    rng = torch.Generator().manual_seed(0)
    scale = torch.tensor([1.0, 3.0, 0.1, 2.0])[:, None]
    shift = torch.tensor([0.0, -1.0, 5.0, 0.0])[:, None]
    return [
        Posterior(shift + scale * torch.randn(4, frames, generator=rng), torch.zeros(4, frames)) for frames in (50, 70)
    ]


def test_a_survey_counts_every_frame_once() -> None:
    """As usage does, which has them all at hand."""
    found = LatentStatistics()
    for posterior in posteriors():
        found.add(posterior, segment_frames=60)
    wanted = usage(posteriors())
    assert found.kl.numpy() == pytest.approx(wanted.kl)
    assert found.sd.numpy() == pytest.approx(wanted.sd)
    assert found.mean.numpy() == pytest.approx(np.concatenate([p.mean.numpy() for p in posteriors()], 1).mean(1))
    assert [excerpt.shape[1] for excerpt in found.segments] == [50, 60]
    assert torch.equal(found.segments[1], posteriors()[1].mean[:, 5:65])


def test_dimensions_are_ranked_by_kl_or_by_sd() -> None:
    """Dimension 2 lies far from the prior and hardly moves."""
    with_kl, without = LatentStatistics(), LatentStatistics()
    for posterior in posteriors():
        with_kl.add(posterior, 60)
        without.add(Posterior(posterior.mean, None), 60)
    assert with_kl.top(2) == [2, 1]
    assert without.kl is None
    assert without.top(3) == [1, 3, 0]


def test_a_survey_of_a_model_takes_about_a_second_of_each_clip() -> None:
    torch.manual_seed(0)
    model = Model(preset("tiny")).eval()
    found = gather_statistics(model, [1, 3], iter(waves()))
    assert [excerpt.shape[1] for excerpt in found[3].excerpts] == [
        model.geometry[2].frames(9000),
        model.geometry[2].frames(15_000),
        100,
    ]
    assert torch.equal(found[1].excerpts[0], model.encode(waves()[0])[0].mean)
    deterministic = Model(override(preset("tiny"), {"encoder.probabilistic": False})).eval()
    assert gather_statistics(deterministic, [2], waves())[2].kl is None


def test_a_traversal_moves_one_dimension_in_equal_steps() -> None:
    latents = torch.randn(4, 10, generator=torch.Generator().manual_seed(0))
    path = torch.stack(traversal(latents, 2, -3.0, 3.0, 24))
    assert path[:, 2] == pytest.approx(np.broadcast_to(np.linspace(-3, 3, 25)[:, None], (25, 10)))
    assert torch.equal(path[:, [0, 1, 3]], latents[[0, 1, 3]].expand(25, 3, 10))


def test_an_interpolation_goes_straight_from_clip_to_clip() -> None:
    first, second = torch.zeros(2, 12), torch.full((2, 20), 4.0)
    path = torch.stack(interpolation(first, second, 4))
    assert path.shape == (5, 2, 12)
    assert path[:, 1, 5].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_couples_share_no_clip() -> None:
    drawn = disjoint_pairs(21)
    assert len(drawn) == 10
    assert len({clip for pair in drawn for clip in pair}) == 20
    assert drawn == disjoint_pairs(21) != disjoint_pairs(21, seed=1)
    with pytest.raises(ValueError, match="two recordings"):
        disjoint_pairs(1)


def as_picture(sounds: Tensor) -> Tensor:
    """In place of a log-mel: a view of the sound in which all values are audible."""
    return sounds[:, None, :]


def test_a_linear_decoder_goes_straight_and_so_does_a_crossfade() -> None:
    weights = torch.randn(30, 4, generator=torch.Generator().manual_seed(1))
    latents = torch.randn(4, 10, generator=torch.Generator().manual_seed(0))
    shapes = traversal_shapes(traversal(latents, 1, -3, 3, 25), lambda z: (weights @ z).flatten(), as_picture)
    for shape in shapes:
        assert shape.length / shape.distance == pytest.approx(1.0, abs=1e-5)
        assert shape.largest_step == pytest.approx(1.0, abs=1e-4)
        assert shape.same_way == pytest.approx(1.0, abs=1e-5)


def test_a_decoder_of_steps_takes_them_while_a_crossfade_does_not() -> None:
    """-3 to 3 in 24 steps, and only whole numbers are heard: six jumps, each four times the mean."""
    latents = torch.zeros(2, 10)
    path = traversal(latents, 0, -3.0, 3.0, 24)
    decoded, crossfade = traversal_shapes(path, lambda z: z[0].floor() + torch.linspace(0, 1, 10), as_picture)
    assert decoded.largest_step == pytest.approx(4.0)
    assert crossfade.largest_step == pytest.approx(1.0, abs=1e-4)


def test_what_nobody_hears_does_not_move() -> None:
    """A dimension that only stirs what lies 60 dB below the loudest, and one the decoder does not know."""

    def decode(latents: Tensor) -> Tensor:
        return torch.cat([torch.zeros(1), latents[0, :1] * 5 - 80.0])

    assert traversal_shapes(traversal(torch.zeros(2, 3), 0, -3, 3, 6), decode, as_picture)[0] is None
    assert traversal_shapes(traversal(torch.zeros(2, 3), 1, -3, 3, 6), decode, as_picture) == (None, None)
