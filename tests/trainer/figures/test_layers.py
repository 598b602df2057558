"""Layer curves show the numbers of the report at their layer."""

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
    meta = {"label": label, "measure": measure}
    return {trace["name"]: trace for trace in figure["data"] if trace["meta"] == meta}


def test_bits_of_every_layer_with_controls() -> None:
    found = traces(ROWS, "phone", "bits")
    own, hidden, tuned, untrained, log_mel, shuffled, ceiling = found.values()
    assert (own["name"], own["y"], own["text"]) == ("linear probe", [1.5, 2.0], ["layer 1", "layer 2"])
    assert own["error_y"]["array"] == pytest.approx([0.2, 0.2])
    assert own["error_y"]["arrayminus"] == pytest.approx([0.1, 0.1])
    assert (hidden["name"], hidden["y"]) == ("one hidden layer", [1.75, 2.25])
    assert (tuned["name"], tuned["y"], tuned["text"]) == ("layers above fine-tuned", [1.25], ["layer 1"])
    assert (untrained["name"], untrained["y"], untrained["line"]["dash"]) == ("untrained, linear", [0.5, 0.25], "dot")
    assert (log_mel["name"], log_mel["y"]) == ("log-mel, linear", [1.0, 1.0])
    assert log_mel["error_y"]["array"] == pytest.approx([0.2, 0.0])
    assert (shuffled["name"], shuffled["y"]) == ("shuffled labels", [-0.1])
    assert (ceiling["name"], ceiling["y"]) == ("H(Y), upper limit", [3.0, 3.0])
    assert len({trace["line"]["color"] for trace in found.values()} - {GREY}) == 5
    assert len({trace["x"][0] for trace in (own, hidden, tuned, untrained)}) == 4, "curves do not coincide"
    for trace in (own, hidden, untrained):
        assert [round(x) for x in trace["x"]] == [1, 2], "each at its layer"
    assert [round(x) for x in shuffled["x"]] == [2]


def test_accuracy_in_percent_and_margin_percentiles() -> None:
    accuracy = traces(ROWS, "phone", "accuracy")
    assert accuracy["linear probe"]["y"] == [37.5, 50.0]
    assert accuracy["linear probe"]["error_y"]["array"] == pytest.approx([12.5, 10.0])
    assert accuracy["untrained, linear"]["error_y"]["array"] == [0.0, 0.0], "rows of older reports have no interval"
    assert "H(Y), upper limit" not in accuracy
    margins = traces(ROWS, "phone", "margin")
    assert set(margins) == {"linear probe", "untrained, linear", "log-mel, linear"}, "only linear probes have a margin"
    assert margins["linear probe"]["y"] == [1.5, 2.0]
    assert margins["linear probe"]["error_y"]["arrayminus"] == [2.5, 3.0]


def test_menu_shows_one_label_and_measure_at_a_time() -> None:
    rows = [*ROWS, *(row | {"label": "speaker", "entropy": 4.0} for row in ROWS), ROWS[1] | {"data": "elsewhere"}]
    report = Report.model_validate({"bounds": [*rows[-1:], *rows[:-1]]})
    figure = layers_figure(report)
    assert figure is not None
    assert json.loads(json.dumps(figure, allow_nan=False)) == figure
    meta = figure["layout"]["meta"]
    assert list(meta["labels"]) == ["phone", "speaker"], "the data evaluated last"
    assert meta["labels"]["speaker"] == {"entropy": 4.0, "classes": 9, "n": 100, "groups": 20}
    buttons = figure["layout"]["updatemenus"][0]["buttons"]
    assert [button["label"] for button in buttons][2:4] == ["phone: margin", "speaker: bits"]
    for button in buttons:
        visible = [trace["meta"] for trace, on in zip(figure["data"], button["args"][0]["visible"], strict=True) if on]
        label, measure = button["label"].split(": ")
        assert visible
        assert all(one == {"label": label, "measure": measure} for one in visible)
    assert [trace["visible"] for trace in figure["data"]] == buttons[0]["args"][0]["visible"]


def test_older_report_with_the_donsker_varadhan_bound_is_shown() -> None:
    rows = [row | {"donsker_varadhan": row["bits"]} for row in ROWS]
    assert layers_figure(Report.model_validate({"bounds": rows})) == layers_figure(
        Report.model_validate({"bounds": ROWS})
    )


def test_no_figure_without_rows() -> None:
    assert layers_figure(Report()) is None
