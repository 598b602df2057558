"""The address holds what was chosen: whoever opens it hears the same."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from .explorer import Explorer, Opener


def test_an_example_sounds_the_same_to_whoever_opens_its_address(explorer: Explorer, fresh: Opener) -> None:
    explorer.page.locator("#examples button").nth(1).click()
    explorer.settle().module(2)
    explorer.drag(0, to=0.8)
    value = explorer.drag(2, to=0.3)
    explorer.page.get_by_text("Sample", exact=True).click()
    explorer.page.get_by_role("spinbutton", name="Seed").fill("11")
    digest = explorer.digest

    other = fresh().open(explorer.choice("seed=11"))
    assert other.digest == digest
    assert other.picture == explorer.picture
    expect(other.slider(2)).to_have_value(str(value))
    expect(other.page.get_by_role("radio", name="Module 2")).to_be_checked()


def test_a_clip_the_server_still_holds_looks_and_sounds_the_same(
    explorer: Explorer, fresh: Opener, vowel: Path
) -> None:
    explorer.upload(vowel)
    explorer.drag(0, to=0.8)
    other = fresh().open(explorer.choice("edits3="))
    assert other.digest == explorer.digest
    assert other.canvas("original") == explorer.canvas("original")
    assert other.canvas("waveform") == explorer.canvas("waveform")
    other.listen().page.get_by_role("button", name="Original").click()
    other.hear("original")
    assert other.console == []


def test_a_clip_that_is_gone_is_asked_for_by_name(explorer: Explorer, fresh: Opener, vowel: Path) -> None:
    explorer.upload(vowel)
    explorer.drag(0, to=0.8)
    digest, choice = explorer.digest, explorer.choice("edits3=")
    explorer.forget()

    other = fresh()
    other.page.goto(f"{other.address}/{choice}")
    expect(other.page.locator("#overlay-title")).to_contain_text(vowel.name)
    assert other.upload(vowel).digest == digest


def test_a_forgotten_clip_whose_file_the_page_has_is_encoded_again_unseen(explorer: Explorer, vowel: Path) -> None:
    explorer.upload(vowel)
    digest = explorer.digest
    explorer.drag(0, to=0.8)
    explorer.settle()
    explorer.forget()
    explorer.row(0).get_by_role("button", name="reset").click()
    assert explorer.digest == digest
    expect(explorer.page.locator("#notice")).to_be_hidden()


def test_a_new_address_in_the_same_page_is_followed(explorer: Explorer) -> None:
    explorer.page.evaluate("location.hash = 'module=1&edits1=0:1.5'")
    expect(explorer.page.get_by_role("radio", name="Module 1")).to_be_checked()
    assert explorer.settle().decodes()[-1]["edits"] == [{"dim": 0, "op": "add", "value": 1.5}]


def test_what_an_address_says_wrong_is_left_out(fresh: Opener) -> None:
    explorer = fresh().open("#model=nobody&module=99&example=nothing&edits3=99999:1,0:nan,1:50,x&base=maybe&seed=-1")
    assert explorer.decodes()[-1]["module"] == 3
    assert explorer.decodes()[-1]["edits"] == [{"dim": 1, "op": "add", "value": 10}]
    assert explorer.decodes()[-1]["seed"] == 0
    for missing in ("nobody", "99", "nothing"):
        expect(explorer.page.locator("#notice")).to_contain_text(missing)


def test_every_kind_of_edit_stands_in_the_address(fresh: Opener) -> None:
    choice = "#module=3&base=prior&seed=5&span=0.1-0.3&edits3=4:1.5,9=-0.25@0.1-0.3,2*0.5&muted3=7,8"
    explorer = fresh().open(choice)
    asked = explorer.decodes()[-1]
    assert (asked["base"], asked["seed"]) == ("prior", 5)
    assert asked["edits"] == [
        {"dim": 4, "op": "add", "value": 1.5},
        {"dim": 2, "op": "scale", "value": 0.5},
        {"dim": 9, "op": "set", "value": -0.25, "start": 0.1, "end": 0.3},
        {"dim": 7, "op": "set", "value": 0},
        {"dim": 8, "op": "set", "value": 0},
    ]
    explorer.drag(0, to=0.7)
    assert "span=0.1-0.3" in explorer.choice("muted3=7,8")
    digest = explorer.digest
    assert fresh().open(explorer.choice("muted3=7,8")).digest == digest
