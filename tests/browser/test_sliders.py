"""Moving a dimension: the picture and the sound follow, and moving it back brings them back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Request, expect

from .explorer import Explorer


def test_dragging_a_slider_of_an_uploaded_wav_changes_picture_and_sound_and_back(
    explorer: Explorer, vowel: Path
) -> None:
    explorer.upload(vowel).module(3)
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
def test_every_module_has_sliders_that_do_something(explorer: Explorer, module: int) -> None:
    digest = explorer.module(module).digest
    explorer.drag(0, to=0.9)
    assert explorer.digest != digest
    assert explorer.decodes()[-1]["module"] == module


def test_reset_all_lets_every_slider_go(explorer: Explorer) -> None:
    digest = explorer.digest
    for place in range(3):
        explorer.drag(place, to=0.9)
    assert len(explorer.decodes()[-1]["edits"]) == 3
    explorer.page.get_by_role("button", name="Reset all").click()
    assert explorer.digest == digest
    expect(explorer.page.get_by_role("button", name="Reset all")).to_be_disabled()


def test_sliders_are_moved_by_keys(explorer: Explorer) -> None:
    slider = explorer.slider(0)
    expected = {"ArrowRight": "0.1", "ArrowUp": "0.2", "Shift+ArrowLeft": "0.19", "PageUp": "0.69", "ArrowDown": "0.59"}
    for key, value in {**expected, "Home": "-3", "End": "3", "Delete": "0"}.items():
        slider.press(key)
        expect(slider).to_have_value(value)
    slider.press("PageDown")
    assert explorer.settle().decodes()[-1]["edits"][0]["value"] == -0.5


def test_an_exact_number_is_used_as_typed_and_kept_in_range(explorer: Explorer) -> None:
    exact = explorer.row(1).get_by_role("spinbutton")
    exact.fill("1.2345")
    exact.press("Enter")
    assert explorer.settle().decodes()[-1]["edits"][0]["value"] == 1.2345
    exact.fill("7")
    exact.press("Enter")
    expect(exact).to_have_value("3")
    assert explorer.settle().decodes()[-1]["edits"][0]["value"] == 3
    exact.fill("")
    exact.press("Enter")
    expect(exact).to_have_value("0")
    assert explorer.settle().decodes()[-1]["edits"] == []


def test_shift_and_set_say_the_same_thing_two_ways(explorer: Explorer) -> None:
    explorer.drag(0, to=0.7)
    shifted, digest = explorer.slider(0).input_value(), explorer.digest
    explorer.page.get_by_text("Set", exact=True).click()
    assert explorer.digest != digest
    edit = explorer.decodes()[-1]["edits"][0]
    assert edit["op"] == "set"
    explorer.page.get_by_text("Shift", exact=True).click()
    expect(explorer.slider(0)).to_have_value(re.compile(rf"^{float(shifted):.1f}"))
    assert explorer.settle().decodes()[-1]["edits"][0]["op"] == "add"


def test_the_seed_chooses_the_sample(explorer: Explorer) -> None:
    mean = explorer.digest
    explorer.page.get_by_text("Sample", exact=True).click()
    first = explorer.digest
    seed = explorer.page.get_by_role("spinbutton", name="Seed")
    seed.fill("7")
    seventh = explorer.digest
    assert len({mean, first, seventh}) == 3
    seed.fill("0")
    assert explorer.digest == first
    explorer.page.get_by_text("Mean", exact=True).click()
    assert explorer.digest == mean


def test_many_movements_end_on_the_newest_value_with_nothing_left_behind(explorer: Explorer) -> None:
    in_flight: list[int] = []
    running: set[Request] = set()

    def began(request: Request) -> None:
        if request.url.endswith("/decode"):
            running.add(request)
            in_flight.append(len(running))

    explorer.page.on("request", began)
    explorer.page.on("requestfinished", lambda request: running.discard(request))
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
    assert len(in_flight) == 2, "the first and the newest of a burst, nothing between"

    for to in (0.05, 0.95, 0.3):
        value = explorer.drag(0, to=to, steps=60)
    assert explorer.settle().decodes()[-1]["edits"][0]["value"] == value
    assert max(in_flight) == 1
    assert len(in_flight) < movements + 180

    asked = len(in_flight)
    explorer.page.wait_for_timeout(500)
    assert len(in_flight) == asked


def test_sliders_are_sorted_by_kl_and_named_for_their_dimension(explorer: Explorer) -> None:
    sliders = explorer.page.get_by_role("slider")
    names = [sliders.nth(place).get_attribute("aria-label") or "" for place in range(sliders.count())]
    assert len(names) > 1
    for name in names:
        assert re.match(r"Dimension \d+", name)
    assert len(set(names)) == len(names)
    facts = [fact for fact in explorer.page.locator(".fact:not(.db)").all_text_contents() if fact != "–"]
    kls = [float(fact) for fact in facts]
    assert len(kls) == len(names), "the shipped model's report knows every dimension's KL"
    assert kls == sorted(kls, reverse=True)
