"""The Layers panel: chart, summary and table show the numbers of the report."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from trainer import bundle

from .conftest import serve
from .explorer import Explorer, Opener, wait_until_idle

BOUNDS: list[dict[str, Any]] = bundle.read_report(bundle.DEMO).model_extra["bounds"]  # type: ignore[union-attr, index]
FAMILIES = list(dict.fromkeys(row["family"] for row in BOUNDS))
MODULES = ["module 1", "module 2", "module 3"]
LAYERS = ["layer 1", "layer 2", "layer 3"]


def drawn(explorer: Explorer) -> Explorer:
    expect(explorer.page.locator("#panel-layers")).to_have_attribute("data-pending", "false")
    expect(explorer.page.locator("#probe-chart")).to_have_attribute("data-drawn", "true")
    return explorer


def curves(explorer: Explorer) -> dict[str, dict[str, Any]]:
    """Traces of the chart by their name in the legend."""
    data = drawn(explorer).page.evaluate("document.getElementById('probe-chart').data")
    return {trace["name"]: trace for trace in data}


def rows(label: str, family: str = "linear", prefix: str = "") -> list[dict[str, Any]]:
    """Rows of the report for one label, from layer 1 on."""
    found = {row["representation"]: row for row in BOUNDS if (row["label"], row["family"]) == (label, family)}
    return [found[prefix + module] for module in MODULES if prefix + module in found]


def control(label: str, start: str) -> dict[str, Any]:
    return next(
        row
        for row in BOUNDS
        if (row["label"], row["family"]) == (label, "linear") and row["representation"].startswith(start)
    )


def ends(trace: dict[str, Any]) -> list[tuple[float, float]]:
    bars = trace["error_y"]
    spans = zip(trace["y"], bars["arrayminus"], bars["array"], strict=True)
    return [(y - below, y + above) for y, below, above in spans]


def test_chart_shows_the_numbers_of_the_report(new_explorer: Opener) -> None:
    explorer = drawn(new_explorer().open("#panel=layers&label=phone"))
    found = curves(explorer)
    for name, expected in (
        ("linear probe", rows("phone")),
        *((family.replace("module", "layer"), rows("phone", family)) for family in FAMILIES if family != "linear"),
        ("untrained, linear", rows("phone", prefix="untrained ")),
        ("shuffled labels", [control("phone", "shuffled")]),
        ("log-mel, linear", [control("phone", "log-mel")]),
    ):
        trace = found.pop(name)
        assert trace["y"][: len(expected)] == [row["bits"] for row in expected], name
        assert ends(trace)[: len(expected)] == [pytest.approx((row["low"], row["high"])) for row in expected], name
    (ceiling,) = found.values()
    assert ceiling["y"] == [rows("phone")[0]["entropy"]] * 2

    page = explorer.page
    assert page.locator("#probe-chart .scatterlayer .trace").count() == len(curves(explorer)), "all traces are drawn"
    assert page.locator("#probe-chart .errorbar").count() >= 3 + 3 + 3 + 1 + 1
    assert page.locator("#probe-chart .xtick").all_text_contents() == LAYERS
    assert page.locator("#probe-chart .legendtext").all_text_contents() == [*curves(explorer)]
    assert explorer.console == []


def test_label_and_measure_are_restored_from_the_address(explorer: Explorer) -> None:
    page = explorer.page
    page.get_by_role("tab", name="Layers").click()
    drawn(explorer)
    labels = sorted({row["label"]: None for row in BOUNDS}, key=lambda label: label != "phone")
    assert page.locator("#probe-label option").all_text_contents() == labels
    page.locator("#probe-label").select_option("speaker")
    page.get_by_text("Accuracy", exact=True).click()
    own = curves(explorer)["linear probe"]
    assert own["y"] == [100 * row["accuracy"] for row in rows("speaker")]
    address = explorer.address_with("measure=accuracy")
    assert "label=speaker" in address

    page.get_by_text("Margin", exact=True).click()
    expect(page.locator("#probe-span")).to_have_text("5th to 95th percentile")
    own = curves(explorer)["linear probe"]
    assert own["y"] == [row["margins"][1] for row in rows("speaker")]
    assert ends(own) == [pytest.approx((row["margins"][0], row["margins"][2])) for row in rows("speaker")]
    assert "one hidden layer" not in curves(explorer), "only linear probes have a margin"

    page.goto("about:blank")
    explorer.open(address)
    assert curves(explorer)["linear probe"]["y"] == [100 * row["accuracy"] for row in rows("speaker")]
    expect(page.get_by_role("tab", name="Layers")).to_have_attribute("aria-selected", "true")


def test_summary_and_table_match_the_chart(new_explorer: Opener) -> None:
    explorer = drawn(new_explorer().open("#panel=layers&label=phone"))
    page = explorer.page
    own, untrained_rows, spectrum = rows("phone"), rows("phone", prefix="untrained "), control("phone", "log-mel")
    best = max(own, key=lambda row: row["bits"])

    def compared(baseline: dict[str, Any]) -> str:
        if best["low"] > baseline["high"]:
            return "significantly less"
        return "significantly more" if best["high"] < baseline["low"] else "no significant difference"

    untrained = untrained_rows[own.index(best)]
    expect(page.locator("#probe-verdict")).to_have_text(
        f"Best linear probe: {best['representation'].replace('module', 'layer')}, {best['bits']:.2f} bits; "
        f"a log-mel spectrogram {spectrum['bits']:.2f} bits, {compared(spectrum)}; "
        f"the same network untrained {untrained['bits']:.2f} bits, {compared(untrained)}."
    )
    about = page.locator("#probe-about").inner_text()
    assert f"{best['classes']} classes" in about
    assert f"{best['n']} held-out examples of {best['groups']} groups" in about
    assert best["data"] in about
    page.locator("#panel-layers").get_by_text("Table of values").click()
    first = page.locator("#probe-numbers tr").first
    row = own[0]
    expect(first).to_have_text(
        re.compile(rf"linear probe\s*layer 1\s*{row['bits']:.2f} bits\s*{row['low']:.2f} to {row['high']:.2f}")
    )


def test_chart_library_is_served_locally_and_loaded_on_demand(explorer: Explorer) -> None:
    def fetched() -> list[str]:
        return [urlsplit(request.url).path for request in explorer.requests if "plotly" in request.url]

    assert fetched() == []
    explorer.page.get_by_role("tab", name="Layers").click()
    drawn(explorer)
    explorer.page.get_by_role("tab", name="Sliders").click()
    explorer.page.get_by_role("tab", name="Layers").click()
    drawn(explorer)
    assert fetched() == ["/styles/plotly.css", "/plotly.min.js"]
    own = urlsplit(explorer.address).netloc
    assert {urlsplit(request.url).netloc for request in explorer.requests} <= {own, ""}
    assert explorer.console == [], "no violation of the content security policy"


def test_table_without_the_chart_library(new_explorer: Opener) -> None:
    explorer = new_explorer()
    page = explorer.page
    page.route("**/plotly.min.js", lambda route: route.abort())
    explorer.open("#panel=layers&label=phone")
    expect(page.locator("#probe-failure")).to_contain_text("could not be loaded")
    expect(page.locator("#probe-numbers tr").first).to_contain_text("linear probe")
    page.unroute("**/plotly.min.js")
    page.get_by_role("tab", name="Sliders").click()
    wait_until_idle(page)
    page.get_by_role("tab", name="Layers").click()
    assert curves(explorer)["linear probe"]["y"] == [row["bits"] for row in rows("phone")]
    expect(page.locator("#probe-failure")).to_be_empty()


def test_chart_follows_the_width_of_its_panel(new_explorer: Opener) -> None:
    explorer = drawn(new_explorer(viewport={"width": 1440, "height": 900}).open("#panel=layers"))
    page = explorer.page
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function(
        "() => Math.abs(document.querySelector('#probe-chart .main-svg').clientWidth"
        " - document.getElementById('probe-chart').clientWidth) < 2"
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_panel_without_a_report_names_the_command(new_explorer: Opener, tmp_path: Path) -> None:
    shutil.copytree(bundle.DEMO, tmp_path / "unknown", ignore=shutil.ignore_patterns("report.json"))
    with serve(MODELS=str(tmp_path)) as address:
        explorer = new_explorer()
        explorer.address = address
        explorer.page.goto(f"{address}/#model=unknown&panel=layers&base=prior")
        expect(explorer.page.locator("#probe-empty")).to_contain_text("python -m trainer analyse all --parts bounds")
        expect(explorer.page.locator("#probe-shown")).to_be_hidden()
