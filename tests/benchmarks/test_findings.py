"""Summaries of ensembles and sweeps."""

import numpy as np
import pytest

from benchmarks.findings import matches, sweep_rows
from trainer.bundle import Channel, Ensemble, Estimate, Member, PackedArray

ZERO = Estimate(value=0, low=0, high=0)


def ensemble(nmi: np.ndarray, members: list[int]) -> Ensemble:
    return Ensemble(
        name="three",
        data="speech, validation",
        split="validation",
        samples=10,
        clips=5,
        seed=0,
        modules=None,
        frames=10,
        recordings=5,
        distance="nmi",
        min_samples=3,
        steepness=0.05,
        members=tuple(Member(member=str(one), preset="tiny", seed=one, digest="") for one in sorted(set(members))),
        dropped=0,
        channels=tuple(Channel(member=one, module=1, dim=0, bits=1, monte_carlo=ZERO) for one in members),
        nmi=PackedArray.of(nmi),
        vi=None,
        order=tuple(range(len(members))),
        reachability=(None,) * len(members),
        labels=(),
        hot_spots=(),
        spaces=(),
    )


def test_match_is_the_best_channel_of_each_other_model() -> None:
    nmi = np.array([[1, 0.75, 0.5, 0], [0.75, 1, 0.25, 0.5], [0.5, 0.25, 1, 0.125], [0, 0.5, 0.125, 1]])
    # Models 0, 0, 1, 2: channels of one model are not matched with each other
    assert matches(ensemble(nmi, [0, 0, 1, 2])) == pytest.approx([0.25, 0.375, 0.3125, 0.3125])


def test_sweep_settings_keep_every_seed() -> None:
    row = {"road": "beta", "value": 0.1, "module": 1, "label": "phone", "n": 9, "groups": 3, "energy": 0.5}
    row |= {"sliced_wasserstein": 0.25, "certified_kl": None, "accuracy": [0.5, 0.4, 0.6], "bits": [1.0, 0.9, 1.1]}
    (found,) = sweep_rows([row, {**row, "energy": 0.75}])
    assert found["seeds"] == 2
    assert found["energy"] == [0.5, 0.75]
    assert "certified_kl" not in found
