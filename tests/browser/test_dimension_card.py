"""The card of a dimension: factors, effects, distribution, traversal and strongest examples."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from trainer import bundle
from trainer.bundle import DimensionReport

from .conftest import serve
from .explorer import Explorer, Opener

REPORT = bundle.read_report(bundle.DEMO)
assert REPORT is not None
EXAMPLES = {one.id: one for one in bundle.read_examples(bundle.DEMO)}
FACTORS = list(dict.fromkeys(row["factor"] for row in REPORT.model_extra["factors"]))  # type: ignore[index]

STARTED = """() => {
    window.started = [];
    const start = AudioBufferSourceNode.prototype.start;
    AudioBufferSourceNode.prototype.start = function (...how) {
        window.started.push({ how, seconds: this.buffer.duration });
        return start.apply(this, how);
    };
}"""


def known(dim: int, module: int = 3) -> DimensionReport:
    return REPORT.modules[module - 1].dimensions[dim]  # type: ignore[union-attr]


def informative() -> int:
    """A dimension of layer 3 with information about several factors, but not all."""
    return max((one for one in REPORT.modules[2].dimensions), key=lambda one: len(one.labels) % len(FACTORS)).dim  # type: ignore[union-attr]


def opened(explorer: Explorer, dim: int) -> Locator:
    """The card of a dimension, filled."""
    row = explorer.page.locator(f"#sliders [data-dim='{dim}']")
    row.get_by_role("button", name=f"Dimension {dim}, more").click()
    expect(row.locator(".card-body")).to_have_attribute("aria-busy", "false")
    expect(row.locator(".card-strip")).to_have_attribute("aria-busy", "false")
    return row.locator(".card")


def factor_name(factor: str) -> str:
    return "F0" if factor == "f0" else factor.replace("_", " ")


def test_factors_with_bits_and_intervals(explorer: Explorer) -> None:
    dim = informative()
    card = opened(explorer, dim)
    bars = card.locator(".factor-bars li")
    labels = known(dim).labels
    assert bars.locator("> span:first-child").all_text_contents() == [factor_name(one.factor) for one in labels]
    assert bars.locator("b").all_text_contents() == [f"{one.bits:.2f}" for one in labels]
    axis = max(0.25, *(one.high for one in labels))
    for bar, label in zip(bars.all(), labels, strict=True):
        track = bar.locator(".factor-track").bounding_box()
        drawn = bar.locator(".factor-bar").bounding_box()
        interval = bar.locator(".factor-interval").bounding_box()
        assert track
        assert drawn
        assert interval
        assert drawn["width"] / track["width"] == pytest.approx(label.bits / axis, abs=0.01)
        assert (interval["x"] - track["x"]) / track["width"] == pytest.approx(label.low / axis, abs=0.01)
        assert interval["width"] / track["width"] == pytest.approx((label.high - label.low) / axis, abs=0.01)
    rest = [factor_name(factor) for factor in FACTORS if factor not in {label.factor for label in labels}]
    expect(card).to_contain_text(f"Not above chance: {', '.join(rest)}.")
    assert explorer.console == []


def test_effects_with_spread_and_significance(explorer: Explorer) -> None:
    dim = informative()
    card = opened(explorer, dim)
    effects = known(dim).effects
    assert effects
    lines = card.locator(".effects li").all_text_contents()
    assert len(lines) == len(effects)
    for effect in effects:
        (line,) = [one for one in lines if one.endswith(effect.unit) and _signed(effect.change) in one]
        assert f"± {_rounded(effect.spread)}" in line
    significant = [one for one in effects if one.low > 0 or one.high < 0]
    assert card.locator(".effects .significant").count() == len(significant)
    expect(card).to_contain_text(f"Median over {effects[0].n} recordings")


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else ''}{float(f'{value:.2g}'):g}".replace("-", "−")


def _rounded(value: float) -> str:
    return f"{float(f'{value:.2g}'):.{2 if value < 1 else 1 if value < 10 else 0}f}"


def test_histogram_of_the_training_data_with_the_normal_density(explorer: Explorer) -> None:
    dim = informative()
    card = opened(explorer, dim)
    histogram = known(dim).histogram
    assert histogram is not None
    path = card.locator(".density-bars").get_attribute("d") or ""
    bars = re.findall(r"M(-?[\d.]+) 0v([\d.e-]+)h([\d.]+)V0z", path)
    assert len(bars) == len(histogram.counts)
    heights = [float(height) for _, height, _ in bars]
    shares = [count / max(histogram.counts) for count in histogram.counts]
    assert [height / max(heights) for height in heights] == pytest.approx(shares, abs=2e-4)
    normal = card.locator(".density-normal").get_attribute("d") or ""
    peak = max(float(height) for _, height in re.findall(r"[ML]?(-?[\d.]+) ([\d.e-]+)", normal))
    step = (histogram.high - histogram.low) / len(histogram.counts)
    density = max(histogram.shares) / step
    assert peak / max(heights) == pytest.approx(0.39894 / density, rel=0.01)
    expect(card).to_contain_text(f"standard deviation {known(dim).std:.2f}")


def test_traversal_of_the_unedited_recording_sets_the_slider(new_explorer: Opener) -> None:
    dim = informative()
    explorer = new_explorer().open("#edits3=16:1.5")
    card = opened(explorer, dim)
    (request,) = [one.post_data_json or {} for one in explorer.requests if one.url.endswith("/traverse")]
    assert (request["dim"], request["edits"], request["base"]) == (dim, [], "mean")
    assert request["values"] == [-2.68, -1.34, 0, 1.34, 2.68]
    buttons = card.locator(".strip button")
    assert buttons.locator(".cell-value").all_text_contents() == ["= −2.68", "= −1.34", "= 0", "= +1.34", "= +2.68"]
    pictures = buttons.locator("canvas").evaluate_all("all => all.map((one) => one.toDataURL())")
    assert len(set(pictures)) == 5

    buttons.nth(3).click()
    explorer.address_with(f"{dim}=1.34")
    explorer.settle()
    assert {"dim": dim, "op": "set", "value": 1.34} in explorer.decodes()[-1]["edits"]
    before = len([one for one in explorer.requests if one.url.endswith("/traverse")])
    explorer.page.get_by_role("group", name="Examples").get_by_role("button").nth(3).click()
    explorer.settle()
    expect(card.locator(".card-strip")).to_have_attribute("aria-busy", "false")
    traversed = [one.post_data_json or {} for one in explorer.requests if one.url.endswith("/traverse")]
    assert len(traversed) == before + 1, "the traversal is of the open recording"
    assert traversed[-1]["clip"] != request["clip"]


def test_strongest_examples_are_played(new_explorer: Opener) -> None:
    dim = informative()
    explorer = new_explorer()
    explorer.page.add_init_script(f"({STARTED})()")
    explorer.open()
    card = opened(explorer, dim)
    evidence = known(dim).evidence
    buttons = card.locator(".top-activations button")
    assert [float(text.replace("−", "-")) for text in buttons.locator("b").all_text_contents()] == [
        pytest.approx(one.value, abs=0.051) for one in evidence
    ]
    assert all(one.example for one in evidence)
    page = explorer.page
    buttons.first.click()
    page.wait_for_function("() => window.started.length === 1")
    (started,) = page.evaluate("window.started")
    first = evidence[0]
    assert started["seconds"] == pytest.approx(EXAMPLES[first.clip].duration, abs=0.01)
    assert started["how"][1:] == [first.start, pytest.approx(first.end - first.start, abs=0.01)]
    assert any(request.url.endswith(f"/models/demo/examples/{first.clip}") for request in explorer.requests)
    expect(buttons.first).to_have_attribute("aria-pressed", "false")

    page.get_by_role("button", name="Loop").click()
    page.locator("#play-decoded").click()
    expect(page.locator("#play-decoded")).to_have_attribute("aria-pressed", "true")
    buttons.nth(1).click()
    expect(page.locator("#play-decoded")).to_have_attribute("aria-pressed", "false")
    assert explorer.console == []


@pytest.fixture(scope="module")
def weak_models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server with two more models: one at chance in every dimension, one without a report."""
    folder = tmp_path_factory.mktemp("models")
    shutil.copytree(bundle.DEMO, folder / "chance")
    shutil.copytree(bundle.DEMO, folder / "unknown", ignore=shutil.ignore_patterns("report.json"))
    report: dict[str, Any] = json.loads((folder / "chance" / "report.json").read_text())
    for part in report["modules"]:
        for dimension in part["dimensions"]:
            dimension["labels"] = []
            for effect in dimension["effects"]:
                effect.update(low=-abs(effect["change"]) - 1, high=abs(effect["change"]) + 1)
    (folder / "chance" / "report.json").write_text(json.dumps(report))
    with serve(MODELS=str(folder)) as address:
        yield address


def test_chance_level_and_missing_report_are_stated(new_explorer: Opener, weak_models: str) -> None:
    explorer = new_explorer()
    explorer.address = weak_models
    card = opened(explorer.open("#model=chance"), 5)
    everything = ", ".join(factor_name(factor) for factor in FACTORS)
    expect(card).to_contain_text(f"No factor above chance ({len(FACTORS)} tested): {everything}.")
    expect(card).to_contain_text("No significant effect.")
    assert card.locator(".factor-bars").count() == 0

    explorer.page.goto("about:blank")
    card = opened(explorer.open("#model=unknown&module=2"), 5)
    assert card.locator(".density").count() == 0
    assert card.get_by_text("python -m trainer analyse all").count() == 3, "factors, effects and examples"
    expect(card.locator(".strip button")).to_have_count(5)
    assert explorer.console == []
