"""Figures of an ensemble with known numbers."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from tests.trainer.example_ensemble import DISSIMILAR, SIMILAR, similar_ensemble
from trainer.bundle import Ensemble
from trainer.figures import ensemble as ensemble_figures
from trainer.figures.ensemble import ENSEMBLE_FIGURES, channel_names
from trainer.figures.plotting import Figure

MODELS = [("one", "a"), ("two", "b"), ("three", "c")]


def made(name: str, ensemble: Ensemble | None = None) -> Figure:
    figure = ENSEMBLE_FIGURES[name].make(ensemble or similar_ensemble(MODELS))
    assert figure is not None
    assert json.loads(json.dumps(figure, allow_nan=False))["data"]
    return figure


def test_matrix_is_in_optics_order_with_reachability_and_labels() -> None:
    matrix, above, labels = made("channels")["data"]
    names = ["one 1.0", "two 1.0", "three 1.0", "one 1.1", "two 1.1", "three 1.1"]
    assert matrix["x"] == matrix["y"] == above["x"] == labels["x"] == names
    block = np.array([[1, SIMILAR - 1 / 32, SIMILAR - 2 / 32], [0, 1, SIMILAR - 3 / 32], [0, 0, 1]])
    block = np.maximum(block, block.T)
    expected = np.block([[block, np.full((3, 3), DISSIMILAR)], [np.full((3, 3), DISSIMILAR), block]])
    assert matrix["z"] == expected.round(3).tolist()
    assert above["y"] == [None, *[0.25] * 5]
    assert (labels["y"], labels["z"]) == (["voicing"], [[0.5] * 3 + [0.25] * 3])


def test_hot_spots_are_squares_on_the_diagonal() -> None:
    shapes = made("channels")["layout"]["shapes"]
    assert [(shape["x0"], shape["x1"], shape["y0"], shape["y1"]) for shape in shapes] == [
        (-0.5, 2.5, -0.5, 2.5),
        (2.5, 5.5, 2.5, 5.5),
    ]


def test_cells_of_many_channels_are_means_over_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    full = np.array(made("channels")["data"][0]["z"])
    monkeypatch.setattr(ensemble_figures, "MAX_CELLS", 4)
    figure = made("channels")
    matrix, above, labels = figure["data"]
    assert figure["layout"]["meta"]["step"] == 2
    assert matrix["x"] == ["one 1.0 to two 1.0", "three 1.0 to one 1.1", "two 1.1 to three 1.1"]
    assert np.allclose(matrix["z"], full.reshape(3, 2, 3, 2).mean((1, 3)), atol=1e-3)
    assert (above["y"], labels["z"]) == ([0.25] * 3, [[0.5, 0.375, 0.25]])


def test_models_of_equal_name_are_numbered() -> None:
    names = channel_names(similar_ensemble([("seed", "a"), ("seed", "b")], dims=1))
    assert names == ["seed (0) 1.0", "seed (1) 1.0"]


def test_hot_spots_have_labels_and_stability() -> None:
    voicing, recordings, models = made("hotspots")["data"]
    assert (voicing["name"], voicing["x"], voicing["y"]) == ("voicing", ["hot spot 0", "hot spot 1"], [0.5, 0.25])
    assert voicing["error_y"]["array"] == voicing["error_y"]["arrayminus"] == [0.0625] * 2
    assert (recordings["y"], models["y"]) == ([0.75] * 2, [0.5] * 2)
    without = similar_ensemble(MODELS).model_copy(update={"hot_spots": ()})
    assert ENSEMBLE_FIGURES["hotspots"].make(without) is None


def test_fusion_in_bits_and_nmi() -> None:
    bits, nmi = ([one for one in made("fusion")["data"] if one["xaxis"] == axis] for axis in ("x", "x2"))
    assert [(one["meta"]["part"], one["x"]) for one in bits] == [("fused", [1.75]), ("best", [1.5])]
    assert [one["y"] for one in nmi] == [["NMI to the group, hot spot 0"]] * 2
    assert ENSEMBLE_FIGURES["fusion"].make(similar_ensemble(MODELS, fused=False)) is None
    assert all(math.isfinite(value) for one in bits + nmi for value in one["x"])
