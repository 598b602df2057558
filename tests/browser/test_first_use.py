"""Behaviour that once misled new users."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from .explorer import Explorer, Opener
from .test_timeline import mark


def test_new_recording_clears_edits_and_undo_keeps_those_of_the_whole_recording(
    explorer: Explorer, vowel: Path
) -> None:
    page = explorer.page
    whole = explorer.drag(0, to=0.8)
    mark(explorer, "decoded", 0.2, 0.5)
    dims = [int(explorer.row(place).get_attribute("data-dim") or "") for place in (0, 1)]
    explorer.drag(1, to=0.3)
    assert {edit["dim"] for edit in explorer.settle().decodes()[-1]["edits"]} == set(dims)

    explorer.upload(vowel)
    assert explorer.decodes()[-1]["edits"] == []
    expect(page.locator("#notice")).to_contain_text("Edits cleared")
    expect(page.get_by_text("whole recording", exact=True)).to_be_visible()
    plain = explorer.digest
    page.get_by_role("button", name="Keep edits").click()
    assert explorer.settle().decodes()[-1]["edits"] == [{"dim": dims[0], "op": "add", "value": whole}]
    expect(page.locator("#notice")).to_be_hidden()
    page.get_by_role("button", name="Redo", exact=True).click()
    assert explorer.digest == plain
    undo = page.get_by_role("button", name="Undo", exact=True)
    undo.click()
    explorer.settle()
    assert explorer.decodes()[-1]["edits"] == [{"dim": dims[0], "op": "add", "value": whole}]
    expect(undo).to_be_disabled()
    page.get_by_role("button", name="Redo", exact=True).click()
    assert explorer.digest == plain

    explorer.drag(0, to=0.3)
    edited = explorer.settle().decodes()[-1]["edits"]
    page.locator("#recent-files [aria-pressed=true]").click()  # the open recording: edits stay
    assert explorer.settle().decodes()[-1]["edits"] == edited


def test_slider_shows_the_edit_of_the_whole_recording_during_a_selection(explorer: Explorer) -> None:
    whole = explorer.drag(0, to=0.8)
    row, ghost = explorer.row(0), explorer.row(0).locator(".ghost")
    expect(ghost).to_be_hidden()
    mark(explorer, "decoded", 0.2, 0.5)
    expect(row.locator("small")).to_have_text(f"whole recording +{whole:g}")
    expect(ghost).to_be_visible()
    box, track = ghost.bounding_box(), explorer.slider(0).bounding_box()
    assert box is not None
    assert track is not None
    assert abs((box["x"] + box["width"] / 2 - track["x"]) / track["width"] - 0.8) < 0.02
    assert f"shifted by +{whole:g} over the whole recording" in (
        explorer.slider(0).get_attribute("aria-valuetext") or ""
    )


def test_search_by_common_name_and_snap_to_zero(explorer: Explorer) -> None:
    page = explorer.page
    page.locator("#search").fill("Pitch")
    names = page.locator("#sliders").get_by_role("slider")
    expect(names.first).to_be_visible()
    assert 0 < names.count() < 10
    assert all("f0" in (slider.get_attribute("aria-label") or "") for slider in names.all())
    digest = explorer.digest
    explorer.drag(0, to=0.8)
    assert explorer.digest != digest
    assert explorer.drag(0, to=0.507) == 0
    assert explorer.digest == digest
    assert explorer.decodes()[-1]["edits"] == []


def test_phone_keeps_playback_in_view_and_ticks_earlier_steps(new_explorer: Opener) -> None:
    explorer = new_explorer(viewport={"width": 390, "height": 844}).open()
    page = explorer.page
    explorer.slider(4).scroll_into_view_if_needed()
    page.mouse.wheel(0, 300)
    page.wait_for_function("() => scrollY > 300")
    explorer.drag(5, to=0.8)
    for seen in ("#play-original", "#play-decoded", "#decoded"):
        expect(page.locator(seen)).to_be_in_viewport(ratio=0.99)
    assert page.locator("#steps [data-done]").count() == 2
    expect(page.locator("#step-listen")).to_be_visible()
    expect(page.locator("#step-recording")).to_be_hidden()
