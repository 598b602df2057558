"""The Compare panel: a saved snapshot, interpolation to a second clip, and a second model."""

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


def compared(explorer: Explorer, comparison: str = "") -> Explorer:
    """Open the panel, choose a comparison, and wait until it is loaded."""
    explorer.page.get_by_role("tab", name="Compare").click()
    if comparison:
        explorer.page.get_by_text(comparison, exact=True).click()
    return settled(explorer)


def settled(explorer: Explorer) -> Explorer:
    """Wait until nothing of the comparison is pending. A request that is delayed until the sliders rest counts as
    pending from the moment its inputs change.
    """
    explorer.settle()
    expect(explorer.page.locator("#panel-compare")).to_have_attribute("data-pending", "false")
    expect(explorer.page.locator("#play-blend")).to_have_attribute("aria-busy", "false")
    return explorer.settle_and_idle()


def sliders(explorer: Explorer) -> None:
    explorer.page.get_by_role("tab", name="Sliders").click()


def button(explorer: Explorer, name: str) -> Locator:
    return explorer.page.get_by_role("button", name=name, exact=True)


def pictures(explorer: Explorer, pair: str = "#pair-snapshot") -> list[str]:
    """Pixels of the visible canvases of a pair: first, second, difference."""
    shown: list[str] = explorer.page.locator(f"{pair} .pair-plot > canvas").evaluate_all(
        "all => all.filter((one) => one.checkVisibility()).map((one) => one.toDataURL())"
    )
    return shown


def bodies(explorer: Explorer, path: str) -> list[dict[str, Any]]:
    return [request.post_data_json or {} for request in explorer.requests if request.url.endswith(path)]


def blends(explorer: Explorer) -> list[dict[str, Any]]:
    """Bodies of the requests for an interpolated sound. Other decode requests may come in between: one kind is posted
    and the other sent over the WebSocket, and Playwright reports them in any order.
    """
    return [body for body in explorer.decodes() if "toward" in body]


def snapshot_and_edit(explorer: Explorer) -> Explorer:
    """Save the current state as B, then move the first slider."""
    button(compared(explorer), "Save as B").click()
    expect(explorer.page.locator("#pair-snapshot")).to_be_visible()
    explorer.page.get_by_text("Play on release").click()  # so that only pressed buttons start a sound
    sliders(explorer)
    explorer.drag(0, to=0.9)
    return compared(explorer)


def test_snapshot_is_compared_with_the_current_state(explorer: Explorer) -> None:
    expect(button(compared(explorer), "Restore B")).to_be_disabled()
    snapshot_and_edit(explorer)
    a, b, difference = pictures(explorer)
    assert len({a, b, difference}) == 3
    expect(explorer.page.locator("#pair-snapshot .pair-about").nth(0)).to_have_text(
        "badigu-man.flac, demo, layer 3, 1 edit"
    )
    expect(explorer.page.locator("#pair-snapshot .pair-about").nth(1)).to_have_text(
        "badigu-man.flac, demo, layer 3, no edits"
    )
    words = explorer.page.locator("#pair-snapshot .pair-words").inner_text()
    assert float((re.search(r"B minus A: RMS difference (\d+\.\d) dB", words) or [])[1]) > 0.5

    before, present = len(explorer.decodes()), explorer.picture
    button(explorer.record_sounds(), "B").click()
    began, ended = explorer.sounds(2)
    assert (began["side"], began["caption"]) == ("snapshot", "B")
    assert (ended["side"], ended["caption"], ended["picture"]) == ("", "Decoded", present)
    assert began["picture"] != present
    assert len(explorer.decodes()) == before, "the snapshot contains its sound"
    assert explorer.console == []


def test_a_and_b_swap_at_the_same_position(explorer: Explorer) -> None:
    explorer.page.locator("[data-opens=sentence-man]").click()
    snapshot_and_edit(explorer.settle())
    button(explorer.record_sounds(), "A").click()
    explorer.sounds(1)
    positions = explorer.page.evaluate(
        f"async () => {{ const share = () => {PLAYHEAD};"
        """
            const [a, b] = document.querySelectorAll("#pair-snapshot .play");
            const frame = () => new Promise(requestAnimationFrame);
            while (!(share() > 0.1)) await frame();
            const positions = [];
            for (const button of [b, a, b]) {
                const before = share();
                button.click();
                while (button.ariaPressed !== "true") await frame();
                positions.push([before, share()]);
            }
            return positions;
        }"""
    )
    assert len(positions) == 3
    for before, after in positions:
        assert before > 0.1
        assert -0.01 <= after - before < 0.3


def test_snapshot_is_swapped_and_restored(explorer: Explorer) -> None:
    b = explorer.digest
    a = snapshot_and_edit(explorer).digest
    seen = pictures(explorer)
    assert a != b
    button(explorer, "Swap").click()
    explorer.page.wait_for_function(
        "seen => document.querySelector('#pair-snapshot canvas').toDataURL() === seen", arg=seen[1]
    )
    assert explorer.digest == b
    assert pictures(explorer)[:2] == [seen[1], seen[0]]
    button(explorer, "Restore B").click()
    explorer.address_with("edits3=")
    assert explorer.digest == a
    assert len(set(pictures(explorer)[:2])) == 1
    assert "0.0 dB" in explorer.page.locator("#pair-snapshot .pair-words").inner_text()

    sliders(explorer)
    button(explorer, "Undo").click()
    assert explorer.digest == b, "one step back"


def test_restoring_a_snapshot_of_another_recording(explorer: Explorer, vowel: Path) -> None:
    explorer.upload(vowel)
    b = explorer.digest
    button(compared(explorer), "Save as B").click()
    explorer.page.locator("[data-opens=badigu-woman]").click()
    expect(explorer.page.locator("[data-opens=badigu-woman]")).to_have_attribute("aria-pressed", "true")
    settled(explorer)
    assert explorer.digest != b
    assert len(pictures(explorer)) == 2
    expect(explorer.page.locator("#pair-snapshot .pair-words")).to_contain_text("no difference")
    button(explorer, "Restore B").click()
    explorer.wait_for_recording(vowel.name)
    assert explorer.digest == b


SECOND = "badigu-woman"


def interpolating(new_explorer: Opener, more: str = "") -> Explorer:
    explorer = new_explorer().open(f"#example=badigu-man&panel=compare&compare=clips&second={SECOND}{more}")
    expect(explorer.page.locator("#play-blend")).to_be_enabled()
    return settled(explorer)


def test_comparison_fetches_nothing_until_chosen(explorer: Explorer) -> None:
    before = len(explorer.requests)
    compared(explorer)
    compared(explorer, "Two clips")
    expect(explorer.page.locator("#second-note")).to_contain_text("Choose a second clip")
    expect(explorer.page.locator("#interpolation-body")).to_be_hidden()
    urls = [request.url for request in explorer.requests[before:]]
    assert [url for url in urls if re.search("decode|interpolate|traverse|encode|models", url)] == []


def test_interpolation_steps_and_sound(explorer: Explorer, new_explorer: Opener) -> None:
    compared(explorer, "Two clips")
    explorer.page.locator("#second").select_option(f"example {SECOND}")
    expect(explorer.page.locator("#play-blend")).to_be_enabled()
    settled(explorer)
    (request,) = bodies(explorer, "/interpolate")
    assert request["from"] == explorer.decodes()[0]["clip"] != request["to"]
    steps = explorer.page.locator("#interpolation canvas").evaluate_all("all => all.map((one) => one.toDataURL())")
    assert len(set(steps)) == request["steps"] == 6

    explorer.record_sounds().page.get_by_role("button", name="20 % morphed").click()
    assert explorer.sounds(1)[0]["caption"] == "Interpolation"
    assert blends(explorer)[-1]["toward"] == {"clip": request["to"], "share": 0.2}
    expect(explorer.page.get_by_role("slider", name="Position")).to_have_value("0.2")
    expect(explorer.page.locator("#blend-share-value")).to_have_text("20 %")

    other = new_explorer().open(explorer.address_with("share=0.2"))
    expect(other.page.locator("#play-blend")).to_be_enabled()
    settled(other)
    assert blends(other)[-1] == blends(explorer)[-1]
    assert other.page.locator("#interpolation canvas").evaluate_all("all => all.map((one) => one.toDataURL())") == steps
    assert explorer.console == other.console == []


def test_interpolation_starts_at_the_open_clip(new_explorer: Opener) -> None:
    explorer = interpolating(new_explorer)
    unedited = explorer.picture
    explorer.record_sounds().page.get_by_role("slider", name="Position").press("Home")
    expect(explorer.page.locator("#blend-share-value")).to_have_text("0 %")
    assert explorer.sounds(2)[0] == {"side": "blend", "caption": "Interpolation", "picture": unedited}
    explorer.page.get_by_role("slider", name="Position").press("End")
    expect(explorer.page.locator("#blend-share-value")).to_have_text("100 %")
    assert explorer.sounds(4)[2]["picture"] != unedited
    assert explorer.decodes()[-1]["toward"]["share"] == 1


def test_moving_the_position_sends_only_the_latest_value(new_explorer: Opener) -> None:
    explorer = interpolating(new_explorer)
    before = len(explorer.record_sounds().decodes())
    explorer.page.get_by_role("slider", name="Position").evaluate(
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
    assert len(requests) == 2, "the first and the latest of a burst, none between"
    assert requests[-1]["toward"]["share"] == 0.9


def test_contribution_of_dimensions(new_explorer: Opener) -> None:
    explorer = interpolating(new_explorer)
    answer = explorer.page.request.post(
        f"{explorer.address}/interpolate", data={**bodies(explorer, "/interpolate")[-1], "steps": 2}
    ).json()
    shares = sorted(answer["contribution"], reverse=True)
    counts = [next(k for k in range(1, 65) if sum(shares[:k]) >= part) for part in (0.5, 0.9)]
    words = f"{counts[0]} of 64 dimensions account for 50 % of the distance, {counts[1]} for 90 %."
    expect(explorer.page.locator("#curve-words")).to_have_text(words)
    expect(explorer.page.get_by_role("img", name=words)).to_be_visible()
    drawn = explorer.page.locator("#curve").evaluate(
        "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean)"
    )
    assert drawn

    top = explorer.page.get_by_role("slider", name="Number of dimensions moved")
    expect(top).to_have_value("64")
    for key in ("Home", "ArrowRight", "ArrowRight"):
        top.press(key)
    expect(explorer.page.locator("#top-value")).to_have_text(
        f"The top 3 of 64 dimensions move: {round(100 * sum(shares[:3]))} % of the distance."
    )
    settled(explorer)
    assert explorer.decodes()[-1]["toward"]["top_k"] == bodies(explorer, "/interpolate")[-1]["top_k"] == 3
    explorer.address_with("top=3")
    top.press("End")
    settled(explorer)
    assert "top_k" not in explorer.decodes()[-1]["toward"]


def test_interpolation_to_an_uploaded_file_that_was_evicted(explorer: Explorer, vowel: Path) -> None:
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
    explorer.record_sounds().page.get_by_role("button", name="80 % morphed").click()
    assert explorer.sounds(1)[0]["side"] == "blend"
    expect(explorer.page.locator("#notice")).to_be_hidden()
    assert [request["toward"]["share"] for request in explorer.decodes()[-3:]] == [0.8] * 3, "both were evicted"

    explorer.page.locator("#second").select_option("")
    expect(explorer.page.locator("#interpolation-body")).to_be_hidden()


def test_evicted_second_clip_is_requested_by_name(explorer: Explorer, new_explorer: Opener, vowel: Path) -> None:
    explorer.upload(vowel)
    own = explorer.decodes()[-1]["clip"]
    fragment = f"#panel=compare&compare=clips&second-clip={own}&second-file=my+vowel.wav"
    other = new_explorer().open(fragment)
    expect(other.page.locator("#play-blend")).to_be_enabled()
    assert [body["toward"]["clip"] for body in blends(settled(other))] == [own]
    explorer.evict_clip()
    other.page.get_by_role("button", name="80 % morphed").click()
    expect(other.page.get_by_role("alert")).to_contain_text("my vowel.wav")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server with further models: a copy of the shipped model without the decoder of layer 2, and small
    models with another width and another sample rate.
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
def two_models(new_explorer: Opener, models: str) -> Explorer:
    """The explorer with one edit of a dimension that all models have and one that not all have."""
    explorer = new_explorer()
    explorer.address = models
    return explorer.open("#panel=compare&edits3=5:2,40:1")


def choose_second_model(explorer: Explorer, name: str) -> dict[str, Any]:
    """Choose the second model; returns its latest decode request."""
    explorer.page.locator("#second-model").select_option(name)
    expect(explorer.page.locator("#pair-second-model .play").nth(1)).to_have_text(name)
    expect(explorer.page.locator("#pair-second-model .play").nth(1)).to_be_enabled()
    settled(explorer)
    return [request for request in explorer.decodes() if request["model"] == name][-1]


def test_two_models_decode_the_same_clip_and_edits(two_models: Explorer) -> None:
    compared(two_models, "Two models")
    request = choose_second_model(two_models, "again")
    own = next(one for one in two_models.decodes() if one["model"] == "demo")
    assert {**request, "model": "demo"} == own
    first, second, _ = pictures(two_models, "#pair-second-model")
    assert first == second, "the same weights under another name"
    expect(two_models.page.locator("#pair-second-model .pair-words")).to_have_text(
        "again minus demo: RMS difference 0.0 dB"
    )
    two_models.record_sounds().page.locator("#pair-second-model .play").nth(1).click()
    assert two_models.sounds(1)[0]["caption"] == "Second model"
    two_models.address_with("twin=again")

    two_models.page.get_by_text("Layer 2", exact=True).click()
    expect(two_models.page.get_by_role("alert")).to_contain_text("no decoder for layer 2")
    two_models.page.get_by_text("Layer 3", exact=True).click()
    choose_second_model(two_models, "narrow")


def test_second_model_of_another_width_or_sample_rate(two_models: Explorer) -> None:
    compared(two_models, "Two models")
    request = choose_second_model(two_models, "narrow")
    assert [edit["dim"] for edit in request["edits"]] == [5]
    expect(two_models.page.locator("#second-model-note")).to_contain_text("1 of 2 edits")
    assert len(pictures(two_models, "#pair-second-model")) == 3
    choose_second_model(two_models, "slow")
    assert len(pictures(two_models, "#pair-second-model")) == 2
    expect(two_models.page.locator("#pair-second-model .pair-words")).to_contain_text("no difference")
    expect(two_models.page.locator("#notice")).to_be_hidden()


def test_single_model_has_no_second_model(new_explorer: Opener) -> None:
    explorer = new_explorer()
    known = explorer.page.request.get(f"{explorer.address}/models").json()
    explorer.page.route(re.compile("/models$"), lambda route: route.fulfill(json={"models": known["models"][:1]}))
    compared(explorer.open(), "Two models")
    expect(explorer.page.locator("#second-model-none")).to_be_visible()
    expect(explorer.page.locator("#second-model")).to_be_hidden()


def test_restoring_a_snapshot_of_another_model(two_models: Explorer, vowel: Path) -> None:
    two_models.upload(vowel).page.keyboard.press("Control+z")  # restores the edits of the address
    digest = two_models.digest
    button(compared(two_models, "A and B"), "Save as B").click()
    expect(button(two_models, "Restore B")).to_be_enabled()
    two_models.page.select_option("#model", "narrow")
    expect(two_models.page.locator("#modules")).to_contain_text("8 dimensions")
    settled(two_models)
    assert two_models.digest != digest
    button(two_models, "Restore B").click()
    expect(two_models.page.locator("#model")).to_have_value("demo")
    two_models.address_with("40:1")
    settled(two_models)
    assert two_models.digest == digest


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_comparison_is_accessible(new_explorer: Opener, models: str, scheme: str) -> None:
    explorer = new_explorer(color_scheme=scheme, reduced_motion="reduce")
    explorer.address = models
    explorer.open(f"#example=badigu-man&panel=compare&compare=clips&second={SECOND}&top=9")
    expect(explorer.page.locator("#play-blend")).to_be_enabled()
    assert violations(settled(explorer).page) == []
    choose_second_model(compared(explorer, "Two models"), "narrow")
    assert violations(explorer.page) == []
    button(compared(explorer, "A and B"), "Save as B").click()
    expect(explorer.page.locator("#pair-snapshot")).to_be_visible()
    assert violations(explorer.page) == []
