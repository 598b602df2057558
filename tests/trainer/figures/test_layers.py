"""The layer curves show each number of the report where its row says, and nothing that was not measured."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.trainer.bound_rows import bound_row
from trainer.bundle import Report
from trainer.figures.layers import layers_figure
from trainer.figures.plotting import GREY

ROWS = [
    bound_row("log-mel", 1.0),
    bound_row("module 1", 1.5, accuracy_low=0.3, accuracy_high=0.5),
    bound_row("module 2", 2.0, accuracy_low=0.45, accuracy_high=0.6),
    bound_row("untrained module 1", 0.5),
    bound_row("untrained module 2", 0.25),
    bound_row("shuffled labels (module 2)", -0.1, margins=None),
    bound_row("module 1", 1.75, family="one hidden layer", margins=None),
    bound_row("module 2", 2.25, family="one hidden layer", margins=None),
    bound_row("module 1", 1.25, family="modules above fine-tuned", margins=None),
]


def traces(rows: list[dict[str, Any]], label: str, measure: str) -> dict[str, dict[str, Any]]:
    figure = layers_figure(Report.model_validate({"bounds": rows}))
    assert figure is not None
    chosen = {"label": label, "measure": measure}
    return {trace["name"]: trace for trace in figure["data"] if trace["meta"] == chosen}


def test_bits_of_every_depth_beside_the_ceiling_and_the_controls() -> None:
    found = traces(ROWS, "phone", "bits")
    own, hidden, tuned, fresh, spectrum, shuffled, ceiling = found.values()
    assert (own["name"], own["y"], own["text"]) == ("linear probe", [1.5, 2.0], ["module 1", "module 2"])
    assert own["error_y"]["array"] == pytest.approx([0.2, 0.2])
    assert own["error_y"]["arrayminus"] == pytest.approx([0.1, 0.1])
    assert (hidden["name"], hidden["y"]) == ("one hidden layer", [1.75, 2.25])
    assert (tuned["name"], tuned["y"], tuned["text"]) == ("modules above fine-tuned", [1.25], ["module 1"])
    assert (fresh["name"], fresh["y"], fresh["line"]["dash"]) == ("untrained, linear", [0.5, 0.25], "dot")
    assert (spectrum["name"], spectrum["y"]) == ("log-mel, linear", [1.0, 1.0])
    assert spectrum["error_y"]["array"] == pytest.approx([0.2, 0.0])
    assert (shuffled["name"], shuffled["y"]) == ("shuffled labels", [-0.1])
    assert (ceiling["name"], ceiling["y"]) == ("H(Y), the ceiling", [3.0, 3.0])
    assert len({trace["line"]["color"] for trace in found.values()} - {GREY}) == 5
    assert len({trace["x"][0] for trace in (own, hidden, tuned, fresh)}) == 4, "none hides another"
    for trace in (own, hidden, fresh):
        assert [round(x) for x in trace["x"]] == [1, 2], "each beside the depth it is of"
    assert [round(x) for x in shuffled["x"]] == [2]


def test_accuracy_in_per_cent_and_margins_by_their_percentiles() -> None:
    right = traces(ROWS, "phone", "accuracy")
    assert right["linear probe"]["y"] == [37.5, 50.0]
    assert right["linear probe"]["error_y"]["array"] == pytest.approx([12.5, 10.0])
    assert right["untrained, linear"]["error_y"]["array"] == [0.0, 0.0], "of a report without them"
    assert "H(Y), the ceiling" not in right
    margins = traces(ROWS, "phone", "margin")
    assert set(margins) == {"linear probe", "untrained, linear", "log-mel, linear"}, "others have no margin"
    assert margins["linear probe"]["y"] == [1.5, 2.0]
    assert margins["linear probe"]["error_y"]["arrayminus"] == [2.5, 3.0]


def test_the_menu_shows_one_label_by_one_measure_at_a_time() -> None:
    rows = [*ROWS, *(row | {"label": "speaker", "entropy": 4.0} for row in ROWS), ROWS[1] | {"data": "elsewhere"}]
    report = Report.model_validate({"bounds": [*rows[-1:], *rows[:-1]]})
    figure = layers_figure(report)
    assert figure is not None
    assert json.loads(json.dumps(figure, allow_nan=False)) == figure
    meta = figure["layout"]["meta"]
    assert list(meta["labels"]) == ["phone", "speaker"], "the recordings measured last"
    assert meta["labels"]["speaker"] == {"entropy": 4.0, "classes": 9, "n": 100, "groups": 20}
    buttons = figure["layout"]["updatemenus"][0]["buttons"]
    assert [button["label"] for button in buttons][2:4] == ["phone: margin", "speaker: bits"]
    for button in buttons:
        shown = [trace["meta"] for trace, on in zip(figure["data"], button["args"][0]["visible"], strict=True) if on]
        label, measure = button["label"].split(": ")
        assert shown
        assert all(one == {"label": label, "measure": measure} for one in shown)
    assert [trace["visible"] for trace in figure["data"]] == buttons[0]["args"][0]["visible"]


def test_no_rows_no_figure() -> None:
    assert layers_figure(Report()) is None
