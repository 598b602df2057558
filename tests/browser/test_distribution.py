"""The Distribution panel: charts, tables and summaries show the numbers of the report."""

from __future__ import annotations

import shutil
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pytest
from playwright.sync_api import expect

from trainer import bundle

from .conftest import serve
from .explorer import Explorer, Opener

MEMBER = bundle.DEMO.parent / "ensembles" / "narrow" / "members" / "seed-0"
REPORT: dict[str, Any] = bundle.read_report(MEMBER).model_extra or {}  # type: ignore[union-attr]
MODULE = 3
DIMENSIONS: list[dict[str, Any]] = next(
    row["dimensions"] for row in REPORT["normality_dimensions"] if row["module"] == MODULE
)
CERTIFIED: list[dict[str, Any]] = [row for row in REPORT["certificates"] if row["module"] == MODULE]


def open_panel(explorer: Explorer, more: str = "") -> Explorer:
    explorer.page.goto(f"{explorer.address}/#model=narrow.seed-0&module={MODULE}&panel=prior&base=prior{more}")
    explorer.page.locator("#normal-quantiles[data-drawn] .main-svg").first.wait_for()
    return explorer


def traces(explorer: Explorer, chart: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = explorer.page.evaluate(
        "id => document.getElementById(id).data.map(({name, x, y, meta, error_y: e}) =>"
        " ({name, x, y, meta, ends: e ? [e.arrayminus, e.array] : null}))",
        f"normal-{chart}",
    )
    return found


def ends(interval: list[float], digits: int = 2) -> str:
    value, low, high = (f"{part:.{digits}f}".replace("-", "−") for part in interval)
    return f"{value} [{low}, {high}]"


def test_quantiles_start_with_the_dimension_farthest_from_normal(new_explorer: Opener) -> None:
    explorer = open_panel(new_explorer())
    page = explorer.page
    farthest = max(DIMENSIONS, key=lambda one: one["ks"][0])
    expect(page.locator("#normal-dim")).to_have_value(str(farthest["dim"]))
    drawn = {trace["meta"]["dim"]: trace for trace in traces(explorer, "quantiles")}
    assert set(drawn) == {None, *range(len(DIMENSIONS))}
    at = [NormalDist().inv_cdf(part) for part in REPORT["normality_dimensions"][0]["probabilities"]]
    for one in DIMENSIONS:
        assert drawn[one["dim"]]["y"] == one["quantiles"]
        assert drawn[one["dim"]]["x"] == pytest.approx(at, abs=1e-4)

    page.locator("#normal-dim").select_option("5")
    explorer.address_with("dim=5")
    page.locator("#panel-prior").get_by_text("Table of values").click()
    numbers = page.locator("#normal-moments")
    one = next(one for one in DIMENSIONS if one["dim"] == 5)
    for name in ("mean", "variance", "skew", "kurtosis"):
        expect(numbers).to_contain_text(ends(one[name]))
    expect(numbers).to_contain_text(ends(one["ks"], 3))
    expect(numbers).to_contain_text(f"{one['frames']} (effective sample size {round(one['n'])})")
    verdict = "Significantly different" if one["ks_chance"] < 0.05 else "does not prove that it is normal"
    expect(page.locator("#normal-verdict")).to_contain_text(verdict)
    assert explorer.console == []


def test_spectra_and_distances(new_explorer: Opener) -> None:
    explorer = open_panel(new_explorer())
    page = explorer.page
    rows = [row for row in REPORT["normality"] if row["module"] == MODULE]
    page.locator("#normal-spectrum[data-drawn]").wait_for()
    assert [trace["y"] for trace in traces(explorer, "spectrum")] == [row["spectrum"] for row in rows]
    page.get_by_text("Distances from N(0, I)").click()
    texts = page.locator("#normal-joint tr").all_inner_texts()
    for row, text in zip(rows, texts, strict=True):
        assert text.startswith(f"{row['of']}, {row['level']}")
        for name in ("energy", "sliced_wasserstein", "mmd2"):
            one = row[name]
            assert f"{ends([one['value'], one['low'], one['high']], 3)}; critical {one['chance']:.3f}" in text
        assert ends(row["classifier"]) in text


def test_certificate_states_the_upper_end_of_its_interval(new_explorer: Opener) -> None:
    explorer = open_panel(new_explorer())
    page = explorer.page
    page.locator("#normal-certificate[data-drawn]").wait_for()
    points, capacity, ceiling = traces(explorer, "certificate")
    assert points["y"] == [row["kl"] for row in CERTIFIED]
    assert points["ends"][1] == pytest.approx([row["high"] - row["kl"] for row in CERTIFIED])
    assert capacity["y"] == [row["capacity"] for row in CERTIFIED]
    assert ceiling["y"] == [row["ceiling"] for row in CERTIFIED]
    worst = max(CERTIFIED, key=lambda row: row["high"])
    words = page.locator("#normal-certified")
    expect(words).to_contain_text(f"farther than {worst['high']:.3f} nats")
    expect(words).to_contain_text(ends([worst["kl"], worst["low"], worst["high"]], 3))
    expect(words).to_contain_text(f"noise of variance {worst['noise']}")
    assert not any(row["binds"] for row in CERTIFIED)
    expect(page.locator("#normal-warning")).to_be_hidden()


def test_binding_ceiling_and_tradeoff_are_shown(new_explorer: Opener, tmp_path: Path) -> None:
    path = shutil.copytree(MEMBER, tmp_path / "bound")
    report = bundle.read_report(path)
    assert report is not None
    bound = [row | {"binds": row["module"] == MODULE, "ceiling": 2.5} for row in REPORT["certificates"]]
    roads = [
        {
            "data": "made up",
            "module": module,
            "road": road,
            "value": value,
            "seed": seed,
            "label": "phone",
            "sliced_wasserstein": 0.1 * (2 + place),
            "accuracy": [0.5 + 0.1 * place + 0.01 * seed, 0.4, 0.9],
        }
        for module in (1, MODULE)
        for road in ("beta", "noise")
        for place, value in enumerate((0.01, 0.1))
        for seed in (0, 1)
    ]
    bundle.write_report(path, report.model_copy(update={"certificates": bound, "tradeoff": roads}))
    with serve(MODELS=str(tmp_path)) as address:
        explorer = new_explorer()
        explorer.address = address
        page = explorer.page
        page.goto(f"{address}/#model=bound&module={MODULE}&panel=prior&base=prior")
        warning = page.locator("#normal-warning")
        expect(warning).to_contain_text(
            f"For {len(CERTIFIED)} of {len(CERTIFIED)} blocks the ceiling ln n = 2.50 nats binds"
        )
        page.locator("#normal-tradeoff[data-drawn]").wait_for()
        first = traces(explorer, "tradeoff")[0]
        assert first["x"] == pytest.approx([0.2, 0.3])
        assert first["y"] == pytest.approx([0.505, 0.605])


def test_panel_without_tradeoff_names_the_command(new_explorer: Opener) -> None:
    explorer = new_explorer()
    page = explorer.page
    page.goto(f"{explorer.address}/#model=narrow.seed-1&panel=prior&base=prior")
    expect(page.locator("#normal-tradeoff-note")).to_contain_text("python -m trainer sweep")
