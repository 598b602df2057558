"""Sliders: edits change spectrogram and sound, and resetting restores them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from .explorer import Explorer


def test_dragging_and_resetting_a_slider_of_an_uploaded_wav(explorer: Explorer, vowel: Path) -> None:
    explorer.upload(vowel).choose_layer(3)
    picture, digest = explorer.picture, explorer.digest

    value = explorer.drag(0, to=0.85)
    assert value > 1
    assert explorer.settle().decodes()[-1]["edits"][0]["value"] == value
    assert explorer.picture != picture
    assert explorer.digest != digest

    explorer.row(0).get_by_role("button", name="reset").click()
    assert (explorer.picture, explorer.digest) == (picture, digest)

    explorer.drag(0, to=0.1)
    assert explorer.digest != digest
    exact = explorer.row(0).get_by_role("spinbutton")
    exact.fill("0")
    exact.press("Enter")
    assert (explorer.picture, explorer.digest) == (picture, digest)


@pytest.mark.parametrize("module", [1, 2, 3])
def test_every_layer_has_effective_sliders(explorer: Explorer, module: int) -> None:
    digest = explorer.choose_layer(module).digest
    explorer.drag(0, to=0.9)
    assert explorer.digest != digest
    assert explorer.decodes()[-1]["module"] == module


def test_reset_all_clears_every_edit(explorer: Explorer) -> None:
    digest = explorer.digest
    for place in range(3):
        explorer.drag(place, to=0.9)
    assert len(explorer.decodes()[-1]["edits"]) == 3
    explorer.page.get_by_role("button", name="Reset all").click()
    assert explorer.digest == digest
    expect(explorer.page.get_by_role("button", name="Reset all")).to_be_disabled()


def test_slider_keys(explorer: Explorer) -> None:
    slider = explorer.slider(0)
    expected = {"ArrowRight": "0.1", "ArrowUp": "0.2", "Shift+ArrowLeft": "0.19", "PageUp": "0.69", "ArrowDown": "0.59"}
    for key, value in {**expected, "Home": "-3", "End": "3", "Delete": "0"}.items():
        slider.press(key)
        expect(slider).to_have_value(value)
    slider.press("PageDown")
    assert explorer.settle().decodes()[-1]["edits"][0]["value"] == -0.5


def test_number_field_is_exact_and_clamped(explorer: Explorer) -> None:
    exact = explorer.row(1).get_by_role("spinbutton")
    exact.fill("1.2345")
    exact.press("Enter")
    assert explorer.settle().decodes()[-1]["edits"][0]["value"] == 1.2345
    exact.fill("17")
    exact.press("Enter")
    expect(exact).to_have_value("10")
    assert explorer.settle().decodes()[-1]["edits"][0]["value"] == 10
    exact.fill("")
    exact.press("Enter")
    expect(exact).to_have_value("0")
    assert explorer.settle().decodes()[-1]["edits"] == []


def test_operation_applies_to_the_next_edit_only(explorer: Explorer) -> None:
    explorer.drag(0, to=0.7)
    digest = explorer.digest
    for name, op in (("Set", "set"), ("Scale", "scale"), ("Shift", "add")):
        explorer.page.get_by_text(name, exact=True).click()
        assert explorer.digest == digest, "choosing an operation changes no edit"
        explorer.drag(0, to=0.9)
        assert explorer.digest != digest
        assert [edit["op"] for edit in explorer.decodes()[-1]["edits"]] == [op]
        digest = explorer.digest


def test_neutral_values_are_no_edits(explorer: Explorer) -> None:
    digest = explorer.digest
    for op, neutral in (("Shift", "0"), ("Scale", "1")):
        explorer.page.get_by_text(op, exact=True).click()
        exact = explorer.row(0).get_by_role("spinbutton")
        for value in ("2", neutral):
            exact.fill(value)
            exact.press("Enter")
            explorer.settle()
        assert explorer.decodes()[-1]["edits"] == []
        assert explorer.digest == digest


def test_undo_and_redo_step_through_edits(explorer: Explorer) -> None:
    digests = [explorer.digest]
    undo, redo = (explorer.page.get_by_role("button", name=name, exact=True) for name in ("Undo", "Redo"))
    expect(undo).to_be_disabled()
    for place, to in ((0, 0.9), (1, 0.2), (0, 0.4)):
        explorer.drag(place, to=to, steps=20)
        digests.append(explorer.digest)
    explorer.page.get_by_text("Sample", exact=True).click()
    digests.append(explorer.digest)
    assert len(set(digests)) == 5
    for digest in digests[-2::-1]:
        undo.click()
        assert explorer.digest == digest
    expect(undo).to_be_disabled()
    for digest in digests[1:]:
        redo.click()
        assert explorer.digest == digest
    expect(redo).to_be_disabled()
    undo.click()
    explorer.drag(2, to=0.9)
    expect(redo).to_be_disabled()


def test_undo_switches_to_the_layer_of_the_edit(explorer: Explorer) -> None:
    digest = explorer.digest
    explorer.drag(0, to=0.9)
    explorer.choose_layer(1)
    explorer.page.get_by_role("button", name="Undo", exact=True).click()
    expect(explorer.page.get_by_role("radio", name="Layer 3")).to_be_checked()
    assert explorer.digest == digest


def test_mute_sets_a_dimension_to_zero_regardless_of_its_slider(explorer: Explorer) -> None:
    digest = explorer.digest
    slider = explorer.slider(0)
    dim = int(explorer.row(0).get_attribute("data-dim") or "")
    explorer.drag(0, to=0.9)
    slider.press("m")
    assert explorer.settle().decodes()[-1]["edits"][-1] == {"dim": dim, "op": "set", "value": 0}
    muted = explorer.digest
    explorer.drag(0, to=0.2)
    assert explorer.digest == muted
    slider.press("m")
    slider.press("Delete")
    assert explorer.digest == digest


def test_locked_dimension_ignores_input_and_reset(explorer: Explorer) -> None:
    explorer.drag(0, to=0.9)
    one = explorer.digest
    explorer.drag(1, to=0.9)
    explorer.slider(0).press("l")
    expect(explorer.slider(0)).to_be_disabled()
    explorer.page.get_by_role("button", name="Reset all").click()
    assert explorer.digest == one
    explorer.row(0).locator(".name").click()
    explorer.row(0).get_by_role("button", name="lock").click()
    expect(explorer.slider(0)).to_be_enabled()


def test_lock_key_toggles(explorer: Explorer) -> None:
    before = explorer.digest
    explorer.slider(0).press("l")
    for key in ("ArrowRight", "End", "Delete"):
        explorer.page.keyboard.press(key)
    assert float(explorer.slider(0).input_value()) == 0
    assert explorer.digest == before
    explorer.page.keyboard.press("l")
    explorer.page.keyboard.press("ArrowRight")
    assert explorer.digest != before


def test_sweep_covers_the_range_and_restores_the_slider(explorer: Explorer) -> None:
    explorer.drag(0, to=0.6)
    digest, before = explorer.digest, len(explorer.decodes())
    explorer.slider(0).press("s")
    far_left = "() => Number(document.querySelector('#sliders .slider input').value) < -2"
    explorer.page.wait_for_function(far_left, timeout=60_000)
    explorer.slider(0).press("s")
    assert explorer.digest == digest
    values = [edit["value"] for decode in explorer.decodes()[before:] for edit in decode["edits"]]
    explorer.page.get_by_role("button", name="Undo", exact=True).click()
    assert explorer.settle().decodes()[-1]["edits"] == [], "the sweep is no undo step"
    explorer.page.get_by_role("button", name="Redo", exact=True).click()
    assert explorer.digest == digest
    assert max(values) > 2
    assert min(values) < -2


def test_search_sort_and_range_of_sliders(explorer: Explorer) -> None:
    rows = explorer.page.locator("#sliders .slider")

    def dims() -> list[int]:
        return [int(rows.nth(place).get_attribute("data-dim") or "") for place in range(rows.count())]

    most_informative = dims()
    explorer.page.get_by_label("Sort").select_option("number")
    assert dims() == sorted(most_informative)
    explorer.page.get_by_label("Sort").select_option("kl")
    kls = [float(fact) for fact in explorer.page.locator(".fact:not(.db)").all_text_contents() if fact != "–"]
    assert len(kls) == len(most_informative), "the report of the shipped model has the KL of every dimension"
    assert kls == sorted(kls, reverse=True)
    explorer.page.get_by_label("Sort").select_option("sensitivity")
    facts = [float(text) for text in explorer.page.locator(".fact.db").all_text_contents()]
    assert facts == sorted(facts, reverse=True)
    explorer.page.get_by_label("Sort").select_option("span")
    expect(rows).to_have_count(len(most_informative))
    explorer.page.get_by_role("searchbox").fill("7")
    expect(rows).to_have_count(1)
    assert dims() == [7]
    explorer.page.get_by_role("searchbox").fill("no such label")
    expect(explorer.page.locator("#sliders-none")).to_be_visible()
    explorer.page.get_by_role("searchbox").fill("")
    for reach, end in (("sigma", "2.68"), ("free", "10"), ("tail", "3")):
        explorer.page.get_by_label("Range").select_option(reach)
        expect(explorer.slider(0)).to_have_attribute("max", end)


def test_seed_determines_the_sample(explorer: Explorer) -> None:
    mean = explorer.digest
    explorer.page.get_by_text("Sample", exact=True).click()
    first = explorer.digest
    seed = explorer.page.get_by_role("spinbutton", name="Seed")
    seed.fill("7")
    seventh = explorer.digest
    assert len({mean, first, seventh}) == 3
    seed.fill("0")
    assert explorer.digest == first
    explorer.page.locator("#base").get_by_text("Mean", exact=True).click()
    assert explorer.digest == mean


def test_rapid_edits_send_only_the_latest_value(explorer: Explorer) -> None:
    before = len(explorer.decodes())
    movements = explorer.slider(0).evaluate(
        """slider => {
            let movements = 0;
            for (let value = -3; value <= 2.5; value += 0.05, movements++) {
                slider.value = value.toFixed(2);
                slider.dispatchEvent(new Event("input", { bubbles: true }));
            }
            return movements;
        }"""
    )
    assert explorer.settle().decodes()[-1]["edits"][0]["value"] == 2.5
    assert len(explorer.decodes()) == before + 2, "the first and the latest of a burst, none between"

    for to in (0.05, 0.95, 0.3):
        value = explorer.drag(0, to=to, steps=60)
    assert explorer.settle().decodes()[-1]["edits"][0]["value"] == value
    assert max(explorer.in_flight) == 1
    sent = len(explorer.decodes())
    assert sent - before < movements + 180
    # No request was queued: the next edit sends one request and no other arrives before it.
    explorer.settle_and_idle().row(0).get_by_role("button", name="reset").click()
    assert explorer.settle_and_idle().decodes()[-1]["edits"] == []
    assert len(explorer.decodes()) == sent + 1


def test_sliders_are_sorted_by_information_and_named_by_dimension(explorer: Explorer) -> None:
    sliders = explorer.page.get_by_role("slider")
    names = [sliders.nth(place).get_attribute("aria-label") or "" for place in range(sliders.count())]
    assert len(names) > 1
    for name in names:
        assert re.match(r"Dimension \d+", name)
    assert len(set(names)) == len(names)
    facts = explorer.page.request.get(f"{explorer.address}/models/demo").json()["modules"][2]["dimensions"]
    bits = {one["dim"]: max((label["bits"] for label in one["labels"]), default=0.0) for one in facts}
    shown = [bits[int(re.match(r"Dimension (\d+)", name)[1])] for name in names]
    assert shown[0] > 0.3
    assert shown == sorted(shown, reverse=True)
