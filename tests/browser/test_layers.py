"""Playback of layers: the original and the decoding of every layer without edits, from the same position."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect

import trainer

from .conftest import serve
from .explorer import PLAYHEAD, Explorer, Opener

ORIGINAL, *LAYERS = ("Original", "Layer 1, unedited", "Layer 2, unedited", "Layer 3, unedited")
DECODED = "Decoded"
SEQUENCE = [ORIGINAL, *LAYERS]
PLAY_SEQUENCE = "Play all layers in sequence"

POSITION = f"const position = () => {PLAYHEAD};"

WATCH = f"""() => {{
    {POSITION}
    window.starts = [];
    new MutationObserver((changes) => {{
        for (const {{ target, oldValue }} of changes) {{
            if (target.id === "play-sequence" || oldValue === "true" || target.ariaPressed !== "true") continue;
            window.starts.push({{
                name: target.ariaLabel ?? target.textContent,
                at: position(),
                caption: document.getElementById("decoded-caption").textContent,
                picture: document.getElementById("decoded").toDataURL(),
                announcement: document.getElementById("announcement").textContent,
            }});
        }}
    }}).observe(document.getElementById("timeline"), {{
        subtree: true, attributeOldValue: true, attributeFilter: ["aria-pressed"],
    }});
}}"""
"""Records every sound that starts, in the page's order, with the caption, picture and announcement at that time."""


@pytest.fixture
def listener(explorer: Explorer) -> Explorer:
    return watched(explorer)


def watched(explorer: Explorer) -> Explorer:
    explorer.page.evaluate(WATCH)
    return explorer


def starts(explorer: Explorer, least: int = 0) -> list[dict[str, Any]]:
    """Sounds that have started so far; waits for at least `least`."""
    explorer.page.wait_for_function("least => window.starts.length >= least", arg=least, timeout=60_000)
    notes: list[dict[str, Any]] = explorer.page.evaluate("window.starts")
    return notes


def names(explorer: Explorer) -> list[str]:
    return [note["name"] for note in starts(explorer)]


def press(explorer: Explorer, name: str) -> None:
    explorer.page.get_by_role("button", name=name, exact=True).click()


def listen(explorer: Explorer, name: str) -> None:
    """Press a button and wait until its sound has started."""
    before = len(starts(explorer))
    press(explorer, name)
    assert starts(explorer, before + 1)[before]["name"] == name


def wait_for_silence(explorer: Explorer) -> None:
    expect(explorer.page.locator("#lanes")).to_have_attribute("data-playing", "")
    expect(explorer.page.get_by_role("button", name=PLAY_SEQUENCE, exact=True)).to_have_attribute(
        "aria-pressed", "false"
    )


def play_sequence(explorer: Explorer) -> None:
    """Play all layers in sequence to the end."""
    press(explorer, PLAY_SEQUENCE)
    expect(explorer.page.get_by_role("button", name=PLAY_SEQUENCE, exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    wait_for_silence(explorer)


def test_sequence_plays_the_original_and_every_layer(explorer: Explorer) -> None:
    unedited = {module: explorer.choose_layer(module).picture for module in (1, 2, 3)}
    assert len(set(unedited.values())) == 3
    watched(explorer).drag(0, to=0.9)
    edited = explorer.picture
    assert edited != unedited[3]
    assert starts(explorer, 1)[0]["name"] == DECODED
    wait_for_silence(explorer)

    sent = len(explorer.decodes())
    play_sequence(explorer)
    notes = starts(explorer)[1:]
    assert [note["name"] for note in notes] == SEQUENCE
    assert [note["announcement"] for note in notes] == SEQUENCE
    assert [note["caption"] for note in notes] == [DECODED, *LAYERS]
    assert [note["picture"] for note in notes] == [edited, *unedited.values()]
    assert [note["at"] for note in notes] == [0.0] * 4
    expect(explorer.page.locator("#decoded-caption")).to_have_text(DECODED)
    assert explorer.picture == edited

    requests = explorer.decodes()[sent:]
    assert [request["module"] for request in requests] == [1, 2, 3]
    assert all(request["edits"] == [] and request["base"] == "mean" for request in requests)
    assert {request["clip"] for request in requests} == {explorer.decodes()[0]["clip"]}
    for name in LAYERS:
        listen(explorer, name)
    assert len(explorer.decodes()) == sent + 3, "layers are cached"
    assert explorer.console == []


def test_layers_are_fetched_on_demand(listener: Explorer) -> None:
    sent = len(listener.decodes())
    listen(listener, ORIGINAL)
    wait_for_silence(listener)
    assert len(listener.decodes()) == sent
    listen(listener, LAYERS[1])
    wait_for_silence(listener)
    assert [request["module"] for request in listener.decodes()[sent:]] == [2, 1, 3]


def test_switching_layers_keeps_the_position(listener: Explorer) -> None:
    listener.page.get_by_role("button", name="Good morning").first.click()
    listener.settle()
    listen(listener, LAYERS[0])
    expect(listener.page.locator("#layers")).to_have_attribute("aria-busy", "false")
    press(listener, LAYERS[0])
    wait_for_silence(listener)

    press(listener, ORIGINAL)
    switches = listener.page.evaluate(
        f"""async (names) => {{
            {POSITION}
            const frame = () => new Promise(requestAnimationFrame);
            const switches = [];
            while (!(position() > 0.25)) await frame();
            for (const name of names) {{
                const button = document.querySelector(`[aria-label="${{name}}"]`);
                const [before, began] = [position(), performance.now()];
                button.click();
                while (button.ariaPressed !== "true") await frame();
                switches.push({{ before, after: position(), seconds: (performance.now() - began) / 1000 }});
            }}
            return switches;
        }}""",
        [LAYERS[1], LAYERS[0], LAYERS[2]],
    )
    duration = float((listener.page.locator("#examples [aria-pressed=true]").get_attribute("title") or "").split()[0])
    assert duration > 1
    for switch in switches:
        assert switch["before"] > 0.25
        elapsed = (switch["after"] - switch["before"]) * duration
        assert elapsed == pytest.approx(switch["seconds"], abs=0.2)
    wait_for_silence(listener)


def test_playback_starts_at_the_playback_position(listener: Explorer) -> None:
    lane = listener.page.locator("[data-lane=original] .plot").bounding_box()
    assert lane is not None
    listener.page.mouse.click(lane["x"] + 0.6 * lane["width"], lane["y"] + 10)
    starts(listener, 1)
    wait_for_silence(listener)
    play_sequence(listener)
    lanes = listener.page.locator("#lanes")
    lanes.press("Space")
    notes = starts(listener, 6)
    wait_for_silence(listener)
    assert [note["name"] for note in notes] == [ORIGINAL, *SEQUENCE, DECODED]
    assert [note["at"] for note in notes] == pytest.approx([0.6] * 6, abs=0.05)

    lanes.press("Home")
    lanes.press("Enter")
    starts(listener, 7)
    wait_for_silence(listener)
    play_sequence(listener)
    assert [note["at"] for note in starts(listener)[6:]] == pytest.approx([0.0] * 5, abs=0.05)


def test_sequence_is_stopped_by_its_button_or_another_sound(listener: Explorer) -> None:
    sequence_button = listener.page.get_by_role("button", name=PLAY_SEQUENCE, exact=True)
    press(listener, PLAY_SEQUENCE)
    starts(listener, 1)
    press(listener, PLAY_SEQUENCE)
    wait_for_silence(listener)
    first = names(listener)  # a sound that starts later would be among the names compared below
    assert first == SEQUENCE[: len(first)]
    assert len(first) < len(SEQUENCE)

    press(listener, PLAY_SEQUENCE)
    starts(listener, len(first) + 2)
    press(listener, LAYERS[2])
    expect(sequence_button).to_have_attribute("aria-pressed", "false")
    wait_for_silence(listener)
    listen(listener, DECODED)  # nothing else starts until another sound has been played to its end
    wait_for_silence(listener)
    second = names(listener)[len(first) :]
    assert second[-2:] == [LAYERS[2], DECODED]
    assert second[:-2] == SEQUENCE[: len(second) - 2]


def test_sound_on_release_does_not_interrupt_a_sequence(listener: Explorer) -> None:
    page = listener.page
    held: list[Route] = []
    page.evaluate("dispatchEvent(new Event('offline'))")  # from now on requests are posted, so that they can be held
    page.route(
        "**/decode", lambda route: held.append(route) if route.request.post_data_json["edits"] else route.fallback()
    )
    listener.drag(0, to=0.8)
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()  # the edit is complete, its sound is pending
    press(listener, PLAY_SEQUENCE)
    starts(listener, 2)
    assert held
    page.unroute("**/decode")  # releases the held requests
    listener.settle()
    wait_for_silence(listener)
    assert names(listener) == SEQUENCE
    listener.drag(0, to=0.3)
    assert starts(listener, len(SEQUENCE) + 1)[-1]["name"] == DECODED  # without another request it is played


def test_layers_follow_the_recording_and_the_sample(listener: Explorer, vowel: Path) -> None:
    press(listener, PLAY_SEQUENCE)
    starts(listener, 2)
    listener.page.set_input_files("#file", vowel)
    wait_for_silence(listener)
    listener.wait_for_recording(vowel.name)
    listener.settle()
    clip = listener.decodes()[-1]["clip"]
    assert clip != listener.decodes()[0]["clip"]

    def layer_requests() -> list[dict[str, Any]]:
        sent = len(listener.decodes())
        listen(listener, LAYERS[0])
        expect(listener.page.locator("#layers")).to_have_attribute("aria-busy", "false")
        return listener.decodes()[sent:]

    requests = layer_requests()
    assert [(request["module"], request["clip"]) for request in requests] == [(1, clip), (2, clip), (3, clip)]
    wait_for_silence(listener)
    mean = starts(listener)[-1]["picture"]

    listener.page.get_by_text("Play on release").click()
    listen(listener, LAYERS[0])
    listener.page.get_by_text("Sample", exact=True).click()
    wait_for_silence(listener)
    assert {(request["base"], request["seed"]) for request in layer_requests()} == {("sample", 0)}
    wait_for_silence(listener)
    listener.page.get_by_role("spinbutton", name="Seed").fill("5")
    listener.settle()
    assert {(request["base"], request["seed"]) for request in layer_requests()} == {("sample", 5)}
    pictures = [note["picture"] for note in starts(listener)[-2:]]
    assert len({mean, *pictures}) == 3
    assert listener.console == []


def test_evicted_clip_is_encoded_again(listener: Explorer, vowel: Path) -> None:
    listener.upload(vowel).evict_clip()
    play_sequence(listener)
    assert names(listener) == SEQUENCE
    expect(listener.page.locator("#notice")).to_be_hidden()


def test_offline_sequence_retries(listener: Explorer) -> None:
    listener.page.context.set_offline(True)
    press(listener, PLAY_SEQUENCE)
    expect(listener.page.get_by_role("alert")).to_contain_text("No connection")
    listener.page.context.set_offline(False)
    starts(listener, 4)
    expect(listener.page.get_by_role("alert")).to_be_hidden()
    wait_for_silence(listener)
    assert names(listener) == SEQUENCE


def test_clip_from_an_address_is_played_from_the_server(explorer: Explorer, new_explorer: Opener, vowel: Path) -> None:
    fragment = explorer.upload(vowel).address_with("clip=")
    other = watched(new_explorer().open(fragment))
    play_sequence(other)
    assert names(other) == SEQUENCE

    latecomer = new_explorer().open(fragment)
    latecomer.evict_clip()
    press(latecomer, LAYERS[1])
    expect(latecomer.page.locator("#overlay-title")).to_contain_text(vowel.name)
    expect(latecomer.page.get_by_role("button", name=LAYERS[1])).to_be_disabled()


@pytest.fixture(scope="module")
def server_with_gap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server that also has the shipped model without the decoder of layer 2, under the name `gap`."""
    models = tmp_path_factory.mktemp("models")
    shipped = Path(trainer.__file__).parent / "pretrained" / "demo"
    shutil.copytree(shipped, models / "gap", ignore=shutil.ignore_patterns("decoder-2.*"))
    with serve(MODELS=str(models)) as address:
        yield address


def test_layer_without_a_decoder_is_skipped(new_explorer: Opener, server_with_gap: str) -> None:
    explorer = new_explorer()
    explorer.address = server_with_gap
    watched(explorer.open("#model=gap"))
    for _ in range(2):  # before and after the page knows that the decoder is missing
        play_sequence(explorer)
    assert names(explorer) == [ORIGINAL, LAYERS[0], LAYERS[2]] * 2
    lacking = explorer.page.get_by_role("button", name=LAYERS[1])
    expect(lacking).to_be_disabled()
    expect(lacking).to_have_attribute("title", "This model has no decoder for layer 2")
    expect(explorer.page.locator("#notice")).to_be_hidden()

    explorer.page.select_option("#model", "demo")
    explorer.settle()
    expect(lacking).to_be_enabled()
    listen(explorer, LAYERS[1])
    assert explorer.decodes()[-1]["model"] == "demo"
