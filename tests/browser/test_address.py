"""The page's address restores the recording, the edits and the view."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from .explorer import Explorer, Opener


def test_address_of_an_example_restores_its_sound(explorer: Explorer, new_explorer: Opener) -> None:
    explorer.page.locator("#examples button").nth(1).click()
    explorer.settle().choose_layer(2)
    explorer.drag(0, to=0.8)
    value = explorer.drag(2, to=0.3)
    explorer.page.get_by_text("Sample", exact=True).click()
    explorer.page.get_by_role("spinbutton", name="Seed").fill("11")
    digest = explorer.digest

    other = new_explorer().open(explorer.address_with("seed=11"))
    assert other.digest == digest
    assert other.picture == explorer.picture
    expect(other.slider(2)).to_have_value(str(value))
    expect(other.page.get_by_role("radio", name="Layer 2")).to_be_checked()


def test_address_of_a_stored_clip_restores_its_sound(explorer: Explorer, new_explorer: Opener, vowel: Path) -> None:
    explorer.upload(vowel)
    explorer.drag(0, to=0.8)
    other = new_explorer().open(explorer.address_with("edits3="))
    assert other.digest == explorer.digest
    assert other.canvas("original") == explorer.canvas("original")
    assert other.canvas("waveform") == explorer.canvas("waveform")
    other.record_sounds().page.get_by_role("button", name="Original").click()
    other.wait_for_sound("original")
    assert other.console == []


def test_evicted_clip_is_requested_by_name(explorer: Explorer, new_explorer: Opener, vowel: Path) -> None:
    explorer.upload(vowel)
    explorer.drag(0, to=0.8)
    digest, fragment = explorer.digest, explorer.address_with("edits3=")
    explorer.evict_clip()

    other = new_explorer()
    other.page.goto(f"{other.address}/{fragment}")
    expect(other.page.locator("#overlay-title")).to_contain_text(vowel.name)
    assert other.upload(vowel).digest == digest


def test_evicted_clip_is_encoded_again_from_the_page(explorer: Explorer, vowel: Path) -> None:
    explorer.upload(vowel)
    digest = explorer.digest
    explorer.drag(0, to=0.8)
    explorer.settle()
    explorer.evict_clip()
    explorer.row(0).get_by_role("button", name="reset").click()
    assert explorer.digest == digest
    expect(explorer.page.locator("#notice")).to_be_hidden()


def test_changed_fragment_is_applied(explorer: Explorer) -> None:
    explorer.page.evaluate("location.hash = 'module=1&edits1=0:1.5'")
    expect(explorer.page.get_by_role("radio", name="Layer 1")).to_be_checked()
    assert explorer.settle().decodes()[-1]["edits"] == [{"dim": 0, "op": "add", "value": 1.5}]


def test_invalid_parts_of_an_address_are_ignored(new_explorer: Opener) -> None:
    explorer = new_explorer().open(
        "#model=nobody&module=99&example=nothing&edits3=99999:1,0:nan,1:50,x&base=maybe&seed=-1"
    )
    assert explorer.decodes()[-1]["module"] == 3
    assert explorer.decodes()[-1]["edits"] == [{"dim": 1, "op": "add", "value": 10}]
    assert explorer.decodes()[-1]["seed"] == 0
    for missing in ("nobody", "99", "nothing"):
        expect(explorer.page.locator("#notice")).to_contain_text(missing)


def test_address_contains_every_kind_of_edit(new_explorer: Opener) -> None:
    fragment = "#module=3&base=prior&seed=5&span=0.1-0.3&edits3=4:1.5,9=-0.25@0.1-0.3,2*0.5&muted3=7,8"
    explorer = new_explorer().open(fragment)
    request = explorer.decodes()[-1]
    assert (request["base"], request["seed"]) == ("prior", 5)
    assert request["edits"] == [
        {"dim": 4, "op": "add", "value": 1.5},
        {"dim": 2, "op": "scale", "value": 0.5},
        {"dim": 9, "op": "set", "value": -0.25, "start": 0.1, "end": 0.3},
        {"dim": 7, "op": "set", "value": 0},
        {"dim": 8, "op": "set", "value": 0},
    ]
    explorer.drag(0, to=0.7)
    assert "span=0.1-0.3" in explorer.address_with("muted3=7,8")
    digest = explorer.digest
    assert new_explorer().open(explorer.address_with("muted3=7,8")).digest == digest
