"""Comparing: with a state kept as B, along the way to a second clip, and with another model."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from playwright.sync_api import Locator, expect

import trainer
from trainer import bundle
from trainer.config import override, preset
from trainer.model import Model

from .conftest import serve
from .explorer import PLAYHEAD, Explorer, Opener
from .test_accessibility import violations


def compared(explorer: Explorer, what: str = "") -> Explorer:
    """Open the panel, choose what is compared, and wait until it is there."""
    explorer.page.get_by_role("tab", name="Compare").click()
    if what:
        explorer.page.get_by_text(what, exact=True).click()
    return settled(explorer)


def settled(explorer: Explorer) -> Explorer:
    explorer.settle()
    explorer.page.wait_for_timeout(300)  # what is expensive waits until nothing moves
    expect(explorer.page.locator("#panel-compare")).to_have_attribute("data-pending", "false")
    return explorer


def sliders(explorer: Explorer) -> None:
    explorer.page.get_by_role("tab", name="Sliders").click()


def button(explorer: Explorer, name: str) -> Locator:
    return explorer.page.get_by_role("button", name=name, exact=True)


def pictures(explorer: Explorer, pair: str = "#pair-snapshot") -> list[str]:
    """What the canvases of a pair show: the first, the second, their difference."""
    shown: list[str] = explorer.page.locator(f"{pair} .pair-plot > canvas").evaluate_all(
        "all => all.filter((one) => one.checkVisibility()).map((one) => one.toDataURL())"
    )
    return shown


def asked(explorer: Explorer, path: str) -> list[dict[str, Any]]:
    return [request.post_data_json or {} for request in explorer.requests if request.url.endswith(path)]


def blends(explorer: Explorer) -> list[dict[str, Any]]:
    """The bodies of all requests for a sound between two clips, told apart from those for the sound of the page: one is
    posted and the other a message, and which of them is noticed first is left to chance.
    """
    return [body for body in explorer.decodes() if "toward" in body]


def kept(explorer: Explorer) -> Explorer:
    """Keep the present state as B, then move the first slider."""
    button(compared(explorer), "Keep as B").click()
    expect(explorer.page.locator("#pair-snapshot")).to_be_visible()
    explorer.page.get_by_text("Play on release").click()  # so that only what is pressed is heard
    sliders(explorer)
    explorer.drag(0, to=0.9)
    return compared(explorer)


def test_a_kept_state_is_seen_and_heard_beside_the_present_one(explorer: Explorer) -> None:
    expect(button(compared(explorer), "Use B")).to_be_disabled()
    kept(explorer)
    a, b, difference = pictures(explorer)
    assert len({a, b, difference}) == 3
    expect(explorer.page.locator("#pair-snapshot .pair-about").nth(0)).to_have_text(
        "badigu-man.flac, demo, module 3, 1 edit"
    )
    expect(explorer.page.locator("#pair-snapshot .pair-about").nth(1)).to_have_text(
        "badigu-man.flac, demo, module 3, no edits"
    )
    words = explorer.page.locator("#pair-snapshot .pair-words").inner_text()
    assert float((re.search(r"B minus A: (\d+\.\d) dB", words) or [])[1]) > 0.5

    before, present = len(explorer.decodes()), explorer.picture
    button(explorer.listen(), "B").click()
    began, ended = explorer.sounds(2)
    assert (began["side"], began["caption"]) == ("snapshot", "B")
    assert (ended["side"], ended["caption"], ended["picture"]) == ("", "Decoded", present)
    assert began["picture"] != present
    assert len(explorer.decodes()) == before, "B was kept with its sound"
    assert explorer.console == []


def test_a_and_b_swap_at_the_same_moment(explorer: Explorer) -> None:
    explorer.page.locator("[data-opens=sentence-man]").click()
    kept(explorer.settle())
    button(explorer.listen(), "A").click()
    explorer.sounds(1)
    moments = explorer.page.evaluate(
        f"async () => {{ const share = () => {PLAYHEAD};"
        """
            const [a, b] = document.querySelectorAll("#pair-snapshot .play");
            const frame = () => new Promise(requestAnimationFrame);
            while (!(share() > 0.1)) await frame();
            const moments = [];
            for (const button of [b, a, b]) {
                const before = share();
                button.click();
                while (button.ariaPressed !== "true") await frame();
                moments.push([before, share()]);
            }
            return moments;
        }"""
    )
    assert len(moments) == 3
    for before, after in moments:
        assert before > 0.1
        assert -0.01 <= after - before < 0.3


def test_b_is_brought_back_and_exchanged_for_the_present_state(explorer: Explorer) -> None:
    b = explorer.digest
    a = kept(explorer).digest
    seen = pictures(explorer)
    assert a != b
    button(explorer, "Exchange A and B").click()
    explorer.page.wait_for_function(
        "seen => document.querySelector('#pair-snapshot canvas').toDataURL() === seen", arg=seen[1]
    )
    assert explorer.digest == b
    assert pictures(explorer)[:2] == [seen[1], seen[0]]
    button(explorer, "Use B").click()
    explorer.choice("edits3=")
    assert explorer.digest == a
    assert len(set(pictures(explorer)[:2])) == 1
    assert "0.0 dB" in explorer.page.locator("#pair-snapshot .pair-words").inner_text()

    sliders(explorer)
    button(explorer, "Undo").click()
    assert explorer.digest == b, "one step back"


def test_b_of_another_recording_brings_it_back(explorer: Explorer, vowel: Path) -> None:
    explorer.upload(vowel)
    b = explorer.digest
    button(compared(explorer), "Keep as B").click()
    explorer.page.locator("[data-opens=badigu-woman]").click()
    expect(explorer.page.locator("[data-opens=badigu-woman]")).to_have_attribute("aria-pressed", "true")
    settled(explorer)
    assert explorer.digest != b
    assert len(pictures(explorer)) == 2
    expect(explorer.page.locator("#pair-snapshot .pair-words")).to_contain_text("no difference is drawn")
    button(explorer, "Use B").click()
    explorer.opened(vowel.name)
    assert explorer.digest == b


SECOND = "badigu-woman"


def on_the_way(fresh: Opener, choice: str = "") -> Explorer:
    explorer = fresh().open(f"#example=badigu-man&panel=compare&compare=clips&second={SECOND}{choice}")
    expect(explorer.page.locator("#play-blend")).to_be_enabled()
    return settled(explorer)


def test_nothing_is_fetched_for_a_comparison_nobody_chose(explorer: Explorer) -> None:
    before = len(explorer.requests)
    compared(explorer)
    compared(explorer, "Two clips")
    expect(explorer.page.locator("#second-note")).to_contain_text("Choose a clip")
    expect(explorer.page.locator("#interpolation-body")).to_be_hidden()
    urls = [request.url for request in explorer.requests[before:]]
    assert [url for url in urls if re.search("decode|interpolate|traverse|encode|models", url)] == []


def test_the_way_to_a_second_clip_is_seen_in_steps_and_heard_anywhere(explorer: Explorer, fresh: Opener) -> None:
    compared(explorer, "Two clips")
    explorer.page.locator("#second").select_option(f"example {SECOND}")
    expect(explorer.page.locator("#play-blend")).to_be_enabled()
    settled(explorer)
    (way,) = asked(explorer, "/interpolate")
    assert way["from"] == explorer.decodes()[0]["clip"] != way["to"]
    steps = explorer.page.locator("#interpolation canvas").evaluate_all("all => all.map((one) => one.toDataURL())")
    assert len(set(steps)) == way["steps"] == 6

    explorer.listen().page.get_by_role("button", name="20 % of the way").click()
    assert explorer.sounds(1)[0]["caption"] == "Interpolation"
    assert blends(explorer)[-1]["toward"] == {"clip": way["to"], "share": 0.2}
    expect(explorer.page.get_by_role("slider", name="How far")).to_have_value("0.2")
    expect(explorer.page.locator("#blend-share-value")).to_have_text("20 %")

    other = fresh().open(explorer.choice("share=0.2"))
    expect(other.page.locator("#play-blend")).to_be_enabled()
    settled(other)
    assert blends(other)[-1] == blends(explorer)[-1]
    assert other.page.locator("#interpolation canvas").evaluate_all("all => all.map((one) => one.toDataURL())") == steps
    assert explorer.console == other.console == []


def test_the_way_begins_at_the_open_clip(fresh: Opener) -> None:
    explorer = on_the_way(fresh)
    unedited = explorer.picture
    explorer.listen().page.get_by_role("slider", name="How far").press("Home")
    expect(explorer.page.locator("#blend-share-value")).to_have_text("0 %")
    assert explorer.sounds(2)[0] == {"side": "blend", "caption": "Interpolation", "picture": unedited}
    explorer.page.get_by_role("slider", name="How far").press("End")
    expect(explorer.page.locator("#blend-share-value")).to_have_text("100 %")
    assert explorer.sounds(4)[2]["picture"] != unedited
    assert explorer.decodes()[-1]["toward"]["share"] == 1


def test_a_moving_share_never_queues_and_ends_on_the_newest(fresh: Opener) -> None:
    explorer = on_the_way(fresh)
    before = len(explorer.listen().decodes())
    explorer.page.get_by_role("slider", name="How far").evaluate(
        """slider => {
            for (let step = 0; step <= 90; step++) {
                slider.value = step / 100;
                slider.dispatchEvent(new Event("input", { bubbles: true }));
            }
            slider.dispatchEvent(new Event("change", { bubbles: true }));
        }"""
    )
    explorer.sounds(1)
    requests = explorer.decodes()[before:]
    assert len(requests) == 2, "the first and the newest of a burst, nothing between"
    assert requests[-1]["toward"]["share"] == 0.9


def test_the_dimensions_that_make_the_difference_are_told_and_chosen(fresh: Opener) -> None:
    explorer = on_the_way(fresh)
    answer = explorer.page.request.post(
        f"{explorer.address}/interpolate", data={**asked(explorer, "/interpolate")[-1], "steps": 2}
    ).json()
    shares = sorted(answer["contribution"], reverse=True)
    least = [next(k for k in range(1, 65) if sum(shares[:k]) >= part) for part in (0.5, 0.9)]
    words = f"Half of the distance lies in {least[0]} of 64 dimensions, nine tenths in {least[1]}."
    expect(explorer.page.locator("#curve-words")).to_have_text(words)
    expect(explorer.page.get_by_role("img", name=words)).to_be_visible()
    drawn = explorer.page.locator("#curve").evaluate(
        "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean)"
    )
    assert drawn

    top = explorer.page.get_by_role("slider", name="Dimensions moved")
    expect(top).to_have_value("64")
    for key in ("Home", "ArrowRight", "ArrowRight"):
        top.press(key)
    expect(explorer.page.locator("#top-value")).to_have_text(
        f"The 3 that contribute most are moved: {round(100 * sum(shares[:3]))} % of the distance."
    )
    settled(explorer)
    assert explorer.decodes()[-1]["toward"]["top_k"] == asked(explorer, "/interpolate")[-1]["top_k"] == 3
    explorer.choice("top=3")
    top.press("End")
    settled(explorer)
    assert "top_k" not in explorer.decodes()[-1]["toward"]


def test_a_recording_of_ones_own_is_walked_to_and_encoded_again_if_forgotten(explorer: Explorer, vowel: Path) -> None:
    explorer.upload(vowel)
    own = explorer.decodes()[-1]["clip"]
    explorer.page.locator("[data-opens=badigu-man]").click()
    expect(explorer.page.locator("[data-opens=badigu-man]")).to_have_attribute("aria-pressed", "true")
    compared(explorer, "Two clips")
    explorer.page.locator("#second").select_option(vowel.name)
    expect(explorer.page.locator("#play-blend")).to_be_enabled()
    settled(explorer)
    assert explorer.decodes()[-1]["toward"]["clip"] == own
    for clip in (own, explorer.decodes()[-1]["clip"]):
        assert explorer.page.request.delete(f"{explorer.address}/clips/{clip}").ok
    explorer.listen().page.get_by_role("button", name="80 % of the way").click()
    assert explorer.sounds(1)[0]["side"] == "blend"
    expect(explorer.page.locator("#notice")).to_be_hidden()
    assert [request["toward"]["share"] for request in explorer.decodes()[-3:]] == [0.8] * 3, "both were forgotten"

    explorer.page.locator("#second").select_option("")
    expect(explorer.page.locator("#interpolation-body")).to_be_hidden()


def test_a_second_clip_without_its_file_is_asked_for(explorer: Explorer, fresh: Opener, vowel: Path) -> None:
    explorer.upload(vowel)
    own = explorer.decodes()[-1]["clip"]
    choice = f"#panel=compare&compare=clips&second-clip={own}&second-file=my+vowel.wav"
    other = fresh().open(choice)
    expect(other.page.locator("#play-blend")).to_be_enabled()
    assert [body["toward"]["clip"] for body in blends(settled(other))] == [own]
    explorer.forget()
    other.page.get_by_role("button", name="80 % of the way").click()
    expect(other.page.get_by_role("alert")).to_contain_text("my vowel.wav")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that also has the shipped model again without its decoder of module 2, and small ones of
    other widths and another rate.
    """
    folder = tmp_path_factory.mktemp("models")
    shipped = Path(trainer.__file__).parent / "pretrained" / "demo"
    shutil.copytree(shipped, folder / "again", ignore=shutil.ignore_patterns("decoder-2.*"))
    for name, change in {"narrow": {}, "slow": {"sample_rate": 8_000}}.items():
        torch.manual_seed(0)
        model = Model(override(preset("tiny"), change))
        model.add_decoder(3)
        bundle.save(folder / name, model)
    with serve(MODELS=str(folder)) as address:
        yield address


@pytest.fixture
def beside(fresh: Opener, models: str) -> Explorer:
    """The explorer with an edit of a dimension every model has and one of another."""
    explorer = fresh()
    explorer.address = models
    return explorer.open("#panel=compare&edits3=5:2,40:1")


def twin(explorer: Explorer, name: str) -> dict[str, Any]:
    """Choose the other model; returns what was asked of it."""
    explorer.page.locator("#second-model").select_option(name)
    expect(explorer.page.locator("#pair-second-model .play").nth(1)).to_have_text(name)
    expect(explorer.page.locator("#pair-second-model .play").nth(1)).to_be_enabled()
    settled(explorer)
    return [request for request in explorer.decodes() if request["model"] == name][-1]


def test_two_models_get_the_same_clip_and_the_same_gesture(beside: Explorer) -> None:
    compared(beside, "Two models")
    request = twin(beside, "again")
    own = next(one for one in beside.decodes() if one["model"] == "demo")
    assert {**request, "model": "demo"} == own
    first, second, _ = pictures(beside, "#pair-second-model")
    assert first == second, "the same weights under another name"
    expect(beside.page.locator("#pair-second-model .pair-words")).to_have_text("again minus demo: 0.0 dB root mean square")
    beside.listen().page.locator("#pair-second-model .play").nth(1).click()
    assert beside.sounds(1)[0]["caption"] == "Second model"
    beside.choice("twin=again")

    beside.page.get_by_text("Module 2", exact=True).click()
    expect(beside.page.get_by_role("alert")).to_contain_text("no decoder for module 2")
    beside.page.get_by_text("Module 3", exact=True).click()
    twin(beside, "narrow")


def test_another_width_and_another_rate_are_told(beside: Explorer) -> None:
    compared(beside, "Two models")
    request = twin(beside, "narrow")
    assert [edit["dim"] for edit in request["edits"]] == [5]
    expect(beside.page.locator("#second-model-note")).to_contain_text("1 of 2 edits")
    assert len(pictures(beside, "#pair-second-model")) == 3
    twin(beside, "slow")
    assert len(pictures(beside, "#pair-second-model")) == 2
    expect(beside.page.locator("#pair-second-model .pair-words")).to_contain_text("no difference is drawn")
    expect(beside.page.locator("#notice")).to_be_hidden()


def test_one_model_alone_has_nothing_beside_it(fresh: Opener) -> None:
    explorer = fresh()
    known = explorer.page.request.get(f"{explorer.address}/models").json()
    explorer.page.route(re.compile("/models$"), lambda route: route.fulfill(json={"models": known["models"][:1]}))
    compared(explorer.open(), "Two models")
    expect(explorer.page.locator("#second-model-none")).to_be_visible()
    expect(explorer.page.locator("#second-model")).to_be_hidden()


def test_b_of_another_model_brings_the_model_back(beside: Explorer, vowel: Path) -> None:
    beside.upload(vowel).page.keyboard.press("Control+z")  # which brings over what the address had done to the example
    digest = beside.digest
    button(compared(beside, "A and B"), "Keep as B").click()
    expect(button(beside, "Use B")).to_be_enabled()
    beside.page.select_option("#model", "narrow")
    expect(beside.page.locator("#modules")).to_contain_text("8 dimensions")
    settled(beside)
    assert beside.digest != digest
    button(beside, "Use B").click()
    expect(beside.page.locator("#model")).to_have_value("demo")
    beside.choice("40:1")
    settled(beside)
    assert beside.digest == digest


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_comparison_is_accessible(fresh: Opener, models: str, scheme: str) -> None:
    explorer = fresh(color_scheme=scheme, reduced_motion="reduce")
    explorer.address = models
    explorer.open(f"#example=badigu-man&panel=compare&compare=clips&second={SECOND}&top=9")
    expect(explorer.page.locator("#play-blend")).to_be_enabled()
    assert violations(settled(explorer).page) == []
    twin(compared(explorer, "Two models"), "narrow")
    assert violations(explorer.page) == []
    button(compared(explorer, "A and B"), "Keep as B").click()
    expect(explorer.page.locator("#pair-snapshot")).to_be_visible()
    assert violations(explorer.page) == []
