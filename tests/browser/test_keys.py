"""Keyboard operation, and the first steps."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import FileChooser, Page, expect

from .explorer import TIMEOUT_MS, Explorer, Opener


def file_choosers(page: Page) -> list[FileChooser]:
    """File choosers that the page opens from now on. Call it early: a busy page may handle a key before interception
    of file choosers is enabled.
    """
    choosers: list[FileChooser] = []
    page.on("filechooser", lambda chooser: choosers.append(chooser))
    page.evaluate("null")
    return choosers


def first_chooser(page: Page, choosers: list[FileChooser]) -> FileChooser:
    """The first file chooser, once it is open."""
    if not choosers:
        page.wait_for_event("filechooser", timeout=TIMEOUT_MS)
    return choosers[0]


def test_every_shortcut(explorer: Explorer) -> None:
    page = explorer.page
    press = page.keyboard.press
    choosers = file_choosers(page)
    original, decoded = (page.get_by_role("button", name=name, exact=True) for name in ("Original", "Decoded"))
    press("r")
    expect(page.get_by_role("button", name="Loop")).to_have_attribute("aria-pressed", "true")
    press("Space")
    expect(decoded).to_have_attribute("aria-pressed", "true")
    press("b")
    expect(original).to_have_attribute("aria-pressed", "true")
    press("o")
    expect(original).to_have_attribute("aria-pressed", "false")
    press("r")
    expect(page.get_by_role("button", name="Loop")).to_have_attribute("aria-pressed", "false")
    for digit in "129":
        press(digit)
    expect(page.get_by_role("radio", name="Layer 2")).to_be_checked()
    for letter, name in (("g", "Grid"), ("c", "Compare"), ("y", "Layers"), ("p", "Map"), ("d", "Sliders")):
        press(letter)
        expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
        expect(page.get_by_role("tab", name=name)).to_be_focused()
    digest = explorer.digest
    explorer.drag(0, to=0.9)
    moved = explorer.digest
    page.locator("#lanes").focus()
    there_and_back = {"Control+z": digest, "Control+Shift+Z": moved, "Meta+z": digest, "Control+y": moved}
    for strokes, expected in there_and_back.items():
        press(strokes)
        assert explorer.digest == expected, strokes
    press("f")
    first_chooser(page, choosers)
    press("e")
    expect(page.get_by_role("dialog", name="Export and share")).to_be_visible()
    press("Escape")
    press("?")
    dialog = page.get_by_role("dialog", name="Shortcuts and glossary")
    expect(dialog).to_be_visible()
    for text in ("Space", "Undo", "Mute, lock, sweep", "Start and end a selection", "Posterior", "estimates them"):
        expect(dialog).to_contain_text(text)
    press("g")
    press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("tab", name="Sliders")).to_have_attribute("aria-selected", "true")
    press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    assert explorer.console == []


def test_shortcuts_are_off_while_typing(explorer: Explorer) -> None:
    search = explorer.page.get_by_role("searchbox")
    search.press_sequentially("orgbc 12?")
    expect(search).to_have_value("orgbc 12?")
    expect(explorer.page.get_by_role("tab", name="Sliders")).to_have_attribute("aria-selected", "true")
    expect(explorer.page.get_by_role("radio", name="Layer 3")).to_be_checked()
    expect(explorer.page.get_by_role("dialog")).to_be_hidden()
    explorer.page.get_by_label("Sort").press("d")
    expect(explorer.page.get_by_role("button", name="Loop")).to_have_attribute("aria-pressed", "false")


def test_upload_edit_and_export_by_keyboard(explorer: Explorer, vowel: Path) -> None:
    page = explorer.page
    choosers = file_choosers(page)

    def tab_to(selector: str) -> None:
        """Press Tab until the focused element matches `selector`."""
        for _ in range(300):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"Tab does not reach {selector}")

    tab_to("#file")
    page.keyboard.press("Enter")
    first_chooser(page, choosers).set_files(vowel)
    digest = explorer.wait_for_recording(vowel.name).digest

    tab_to("#play-on-release")
    page.keyboard.press("Space")  # off, so that only the Space key below starts a sound
    tab_to("#lanes")
    for key in ("ArrowRight", "ArrowRight", "[", *["ArrowRight"] * 20, "]"):
        page.keyboard.press(key)
    assert "span=" in explorer.address_with("span=")
    tab_to("[name=module]")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("radio", name="Layer 2")).to_be_checked()
    tab_to("#sliders [type=range]")
    for _ in range(15):
        page.keyboard.press("ArrowRight")
    assert explorer.digest != digest
    edit = explorer.decodes()[-1]["edits"][0]
    assert (edit["op"], edit["value"]) == ("add", 1.5)
    assert 0 < edit["start"] < edit["end"] < 0.8
    decoded = page.get_by_role("button", name="Decoded", exact=True)
    expect(decoded).to_have_attribute("aria-pressed", "false")
    explorer.record_sounds()
    page.keyboard.press("Space")
    explorer.wait_for_sound("decoded")

    page.keyboard.press("e")
    tab_to("#share-files button")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "my vowel-layer-2.wav"
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert explorer.console == []


def test_first_steps_are_ticked_and_shown_once(new_explorer: Opener, vowel: Path) -> None:
    explorer = new_explorer().open()
    steps = explorer.page.get_by_role("region", name="First steps")
    done = steps.locator("[data-done]")
    expect(steps.get_by_role("listitem")).to_have_count(3)
    expect(done).to_have_count(0)
    explorer.upload(vowel)
    expect(done).to_have_count(1)
    explorer.drag(0, to=0.8)
    expect(done).to_have_count(2)
    explorer.page.get_by_role("button", name="Play all layers in sequence", exact=True).click()
    expect(done).to_have_count(3)
    steps.get_by_role("button", name="Got it").click()
    expect(steps).to_be_hidden()
    explorer.page.reload()
    explorer.settle()
    expect(steps).to_be_hidden()


def test_step_highlights_its_target(explorer: Explorer) -> None:
    explorer.page.locator("#step-slider").focus()
    expect(explorer.page.locator("#panel-sliders")).to_have_class(re.compile("pointed-at"))
    explorer.page.keyboard.press("Enter")
    assert explorer.page.evaluate("document.getElementById('panel-sliders').contains(document.activeElement)")
    expect(explorer.page.locator(".pointed-at")).to_have_count(0)


def test_first_steps_overlap_nothing(new_explorer: Opener) -> None:
    for width in (360, 390, 1440):
        explorer = new_explorer(viewport={"width": width, "height": 844}).open()
        steps, source = (explorer.page.locator(part).bounding_box() for part in ("#steps", "#source"))
        assert steps is not None
        assert source is not None
        assert steps["y"] + steps["height"] <= source["y"] + 1
