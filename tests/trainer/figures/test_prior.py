"""Prior and trade-off figures of a report with known numbers."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from trainer.bundle import ModuleReport, PriorReport, Report
from trainer.evaluation.prior.certificates import certificate_rows
from trainer.evaluation.prior.normality_report import Latents, dimension_rows, joint_row
from trainer.evaluation.prior.tradeoff import TRADEOFF_KEY
from trainer.figures.report import FIGURES, figures
from trainer.metrics.prior.normality import PROBABILITIES
from trainer.metrics.statistics.effective_size import effective_size

CLIPS = [np.random.default_rng(seed).normal(size=(60, 3)) for seed in range(12)]


@pytest.fixture(scope="module")
def report() -> Report:
    """Report of two equal modules with three independent normal dimensions."""
    values, groups = np.concatenate(CLIPS), np.repeat(np.arange(len(CLIPS)), 60)
    shared = [{"data": "drawn", "module": module} for module in (1, 2)]
    joint = {"of": "draws", "level": "frames", **joint_row(values, groups)}
    each = dimension_rows(Latents(1, CLIPS, CLIPS))
    prior = PriorReport(frame_rms_quantiles=tuple(np.linspace(0, 2, 101)))
    return Report.model_validate(
        {
            "modules": [ModuleReport(module=2, dimensions=(), prior=prior).model_dump()],
            "normality": [one | joint for one in shared],
            "normality_dimensions": [one | each for one in shared],
            "certificates": [one | row for one in shared for row in certificate_rows(CLIPS)],
        }
    )


def of(report: Report, kind: str, module: int | None) -> list[dict[str, Any]]:
    figure = FIGURES["prior"].make(report)
    assert figure is not None
    json.dumps(figure, allow_nan=False)
    return [one for one in figure["data"] if (one["meta"]["kind"], one["meta"]["module"]) == (kind, module)]


def test_quantiles_of_a_normal_dimension_are_on_the_diagonal(report: Report) -> None:
    diagonal, *dims = of(report, "quantiles", 2)
    assert diagonal["x"] == diagonal["y"]
    assert [one["meta"]["dim"] for one in dims] == [0, 1, 2]
    values = np.concatenate(CLIPS)
    for dim, one in enumerate(dims):
        assert one["y"] == pytest.approx(np.quantile(values[:, dim], PROBABILITIES), abs=1e-4)
        assert one["y"] == pytest.approx(one["x"], abs=0.3)
        assert one["meta"]["n"] == pytest.approx(effective_size([clip[:, dim] for clip in CLIPS]), abs=1e-4)


def test_spectrum_has_the_marchenko_pastur_edges(report: Report) -> None:
    (spectrum,) = of(report, "spectrum", 1)
    covariance = np.cov(np.concatenate(CLIPS), rowvar=False, bias=True)
    assert spectrum["y"] == pytest.approx(np.linalg.eigvalsh(covariance)[::-1], abs=1e-4)
    low, high = spectrum["meta"]["edges"]
    assert low < 1 < high


def test_certificates_are_below_their_ceiling(report: Report) -> None:
    points, capacity, ceiling = of(report, "certificate", 2)
    rows = certificate_rows(CLIPS)
    assert points["x"] == ["0, 1", "2"]
    assert points["y"] == [row["kl"] for row in rows]
    assert [row["kl"] + up for row, up in zip(rows, points["error_y"]["array"], strict=True)] == pytest.approx(
        [row["high"] for row in rows]
    )
    assert [block["binds"] for block in points["meta"]["blocks"]] == [row["binds"] for row in rows]
    assert all(below < most for below, most in zip(capacity["y"], ceiling["y"], strict=True))


def test_quantiles_of_the_deepest_layer_are_visible_and_the_menu_has_the_rest(report: Report) -> None:
    figure = FIGURES["prior"].make(report)
    assert figure is not None
    visible = {(one["meta"]["kind"], one["meta"]["module"]) for one in figure["data"] if one["visible"]}
    assert visible == {("quantiles", 2)}
    buttons = figure["layout"]["updatemenus"][0]["buttons"]
    assert [button["label"] for button in buttons] == [
        *(f"layer {module}: {kind}" for kind in ("quantiles", "spectrum", "certificate") for module in (1, 2)),
        "distance",
    ]
    for button in buttons:
        assert len(button["args"][0]["visible"]) == len(figure["data"])
        assert any(button["args"][0]["visible"])


def test_older_report_has_the_frame_rms_only(report: Report) -> None:
    older = Report(modules=report.modules)
    (line,) = of(older, "distance", None)
    assert (line["x"][50], line["y"][50], line["visible"]) == (1.0, 0.5, True)
    assert FIGURES["prior"].make(Report()) is None


def test_tradeoff_figure_needs_the_rows_of_a_sweep() -> None:
    assert FIGURES["tradeoff"].make(Report()) is None
    row = {"data": "d", "module": 1, "road": "beta", "value": 0.1, "seed": 0, "label": "phone"}
    row |= {"sliced_wasserstein": 0.2, "accuracy": [0.6, 0.5, 0.7]}
    assert list(figures(Report.model_validate({TRADEOFF_KEY: [row]}))) == ["tradeoff"]
