"""What each layer keeps: the original and every module's unedited decoding, at one cursor."""

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

ORIGINAL, *MODULES = ("Original", "Layer 1, unedited", "Layer 2, unedited", "Layer 3, unedited")
DECODED = "Decoded"
WHOLE_TURN = [ORIGINAL, *MODULES]

MOMENT = f"const moment = () => {PLAYHEAD};"

WATCH = f"""() => {{
    {MOMENT}
    window.heard = [];
    new MutationObserver((changes) => {{
        for (const {{ target, oldValue }} of changes) {{
            if (target.id === "play-sequence" || oldValue === "true" || target.ariaPressed !== "true") continue;
            window.heard.push({{
                name: target.ariaLabel ?? target.textContent,
                at: moment(),
                caption: document.getElementById("decoded-caption").textContent,
                picture: document.getElementById("decoded").toDataURL(),
                spoken: document.getElementById("spoken").textContent,
            }});
        }}
    }}).observe(document.getElementById("timeline"), {{
        subtree: true, attributeOldValue: true, attributeFilter: ["aria-pressed"],
    }});
}}"""
"""Keeps what begins to be heard in the page's own order, with what is seen and said of it then."""


@pytest.fixture
def listener(explorer: Explorer) -> Explorer:
    return watched(explorer)


def watched(explorer: Explorer) -> Explorer:
    explorer.page.evaluate(WATCH)
    return explorer


def heard(explorer: Explorer, least: int = 0) -> list[dict[str, Any]]:
    """What began to be heard so far, once it is at least so much."""
    explorer.page.wait_for_function("least => window.heard.length >= least", arg=least, timeout=60_000)
    notes: list[dict[str, Any]] = explorer.page.evaluate("window.heard")
    return notes


def names(explorer: Explorer) -> list[str]:
    return [note["name"] for note in heard(explorer)]


def press(explorer: Explorer, name: str) -> None:
    explorer.page.get_by_role("button", name=name, exact=True).click()


def listen(explorer: Explorer, name: str) -> None:
    """Press a button and wait until its sound has begun."""
    before = len(heard(explorer))
    press(explorer, name)
    assert heard(explorer, before + 1)[before]["name"] == name


def wait_for_silence(explorer: Explorer) -> None:
    expect(explorer.page.locator("#lanes")).to_have_attribute("data-playing", "")
    expect(explorer.page.get_by_role("button", name="In turn", exact=True)).to_have_attribute("aria-pressed", "false")


def take_a_turn(explorer: Explorer) -> None:
    press(explorer, "In turn")
    expect(explorer.page.get_by_role("button", name="In turn", exact=True)).to_have_attribute("aria-pressed", "true")
    wait_for_silence(explorer)


def test_in_turn_plays_the_original_and_then_every_module_and_shows_which(explorer: Explorer) -> None:
    unedited = {module: explorer.module(module).picture for module in (1, 2, 3)}
    assert len(set(unedited.values())) == 3
    watched(explorer).drag(0, to=0.9)
    edited = explorer.picture
    assert edited != unedited[3]
    assert heard(explorer, 1)[0]["name"] == DECODED
    wait_for_silence(explorer)

    asked = len(explorer.decodes())
    take_a_turn(explorer)
    notes = heard(explorer)[1:]
    assert [note["name"] for note in notes] == WHOLE_TURN
    assert [note["spoken"] for note in notes] == WHOLE_TURN
    assert [note["caption"] for note in notes] == [DECODED, *MODULES]
    assert [note["picture"] for note in notes] == [edited, *unedited.values()]
    assert [note["at"] for note in notes] == [0.0] * 4
    expect(explorer.page.locator("#decoded-caption")).to_have_text(DECODED)
    assert explorer.picture == edited

    requests = explorer.decodes()[asked:]
    assert [request["module"] for request in requests] == [1, 2, 3]
    assert all(request["edits"] == [] and request["base"] == "mean" for request in requests)
    assert {request["clip"] for request in requests} == {explorer.decodes()[0]["clip"]}
    for name in MODULES:
        listen(explorer, name)
    assert len(explorer.decodes()) == asked + 3, "what was fetched is kept"
    assert explorer.console == []


def test_nothing_is_fetched_before_somebody_listens(listener: Explorer) -> None:
    asked = len(listener.decodes())
    listen(listener, ORIGINAL)
    wait_for_silence(listener)
    assert len(listener.decodes()) == asked
    listen(listener, MODULES[1])
    wait_for_silence(listener)
    assert [request["module"] for request in listener.decodes()[asked:]] == [2, 1, 3]


def test_switching_in_mid_play_goes_on_at_the_same_moment(listener: Explorer) -> None:
    listener.page.get_by_role("button", name="Good morning").first.click()
    listener.settle()
    listen(listener, MODULES[0])
    expect(listener.page.locator("#layers")).to_have_attribute("aria-busy", "false")
    press(listener, MODULES[0])
    wait_for_silence(listener)

    press(listener, ORIGINAL)
    switches = listener.page.evaluate(
        f"""async (names) => {{
            {MOMENT}
            const frame = () => new Promise(requestAnimationFrame);
            const switches = [];
            while (!(moment() > 0.25)) await frame();
            for (const name of names) {{
                const button = document.querySelector(`[aria-label="${{name}}"]`);
                const [before, began] = [moment(), performance.now()];
                button.click();
                while (button.ariaPressed !== "true") await frame();
                switches.push({{ before, after: moment(), seconds: (performance.now() - began) / 1000 }});
            }}
            return switches;
        }}""",
        [MODULES[1], MODULES[0], MODULES[2]],
    )
    duration = float((listener.page.locator("#examples [aria-pressed=true]").get_attribute("title") or "").split()[0])
    assert duration > 1
    for switch in switches:
        assert switch["before"] > 0.25
        gone_on = (switch["after"] - switch["before"]) * duration
        assert gone_on == pytest.approx(switch["seconds"], abs=0.2)
    wait_for_silence(listener)


def test_everything_begins_at_the_cursor(listener: Explorer) -> None:
    lane = listener.page.locator("[data-lane=original] .plot").bounding_box()
    assert lane is not None
    listener.page.mouse.click(lane["x"] + 0.6 * lane["width"], lane["y"] + 10)
    heard(listener, 1)
    wait_for_silence(listener)
    take_a_turn(listener)
    lanes = listener.page.locator("#lanes")
    lanes.press("Space")
    notes = heard(listener, 6)
    wait_for_silence(listener)
    assert [note["name"] for note in notes] == [ORIGINAL, *WHOLE_TURN, DECODED]
    assert [note["at"] for note in notes] == pytest.approx([0.6] * 6, abs=0.05)

    lanes.press("Home")
    lanes.press("Enter")
    heard(listener, 7)
    wait_for_silence(listener)
    take_a_turn(listener)
    assert [note["at"] for note in heard(listener)[6:]] == pytest.approx([0.0] * 5, abs=0.05)


def test_a_turn_is_stopped_by_its_button_or_by_anything_else_that_is_played(listener: Explorer) -> None:
    in_turn = listener.page.get_by_role("button", name="In turn", exact=True)
    press(listener, "In turn")
    heard(listener, 1)
    press(listener, "In turn")
    wait_for_silence(listener)
    listener.page.wait_for_timeout(500)
    first = names(listener)
    assert first == WHOLE_TURN[: len(first)]
    assert len(first) < len(WHOLE_TURN)

    press(listener, "In turn")
    heard(listener, len(first) + 2)
    press(listener, MODULES[2])
    expect(in_turn).to_have_attribute("aria-pressed", "false")
    wait_for_silence(listener)
    listener.page.wait_for_timeout(500)
    second = names(listener)[len(first) :]
    assert second[-1] == MODULES[2]
    assert second[:-1] == WHOLE_TURN[: len(second) - 1]


def test_what_was_let_go_of_does_not_break_into_a_turn_asked_for_meanwhile(listener: Explorer) -> None:
    page = listener.page
    held: list[Route] = []
    page.evaluate("dispatchEvent(new Event('offline'))")  # from now on requests are posted, and can be held
    page.route(
        "**/decode", lambda route: held.append(route) if route.request.post_data_json["edits"] else route.fallback()
    )
    listener.drag(0, to=0.8)
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()  # the change is done, its sound is on the way
    press(listener, "In turn")
    heard(listener, 2)
    assert held
    page.unroute("**/decode")  # lets go what is held
    listener.settle()
    wait_for_silence(listener)
    assert names(listener) == WHOLE_TURN
    listener.drag(0, to=0.3)
    assert heard(listener, len(WHOLE_TURN) + 1)[-1]["name"] == DECODED  # nothing else is asked for: it is played


def test_another_recording_or_another_draw_has_other_layers(listener: Explorer, vowel: Path) -> None:
    press(listener, "In turn")
    heard(listener, 2)
    listener.page.set_input_files("#file", vowel)
    wait_for_silence(listener)
    listener.opened(vowel.name)
    listener.settle()
    clip = listener.decodes()[-1]["clip"]
    assert clip != listener.decodes()[0]["clip"]

    def layers_asked_for() -> list[dict[str, Any]]:
        asked = len(listener.decodes())
        listen(listener, MODULES[0])
        expect(listener.page.locator("#layers")).to_have_attribute("aria-busy", "false")
        return listener.decodes()[asked:]

    requests = layers_asked_for()
    assert [(request["module"], request["clip"]) for request in requests] == [(1, clip), (2, clip), (3, clip)]
    wait_for_silence(listener)
    mean = heard(listener)[-1]["picture"]

    listener.page.get_by_text("Play on release").click()
    listen(listener, MODULES[0])
    listener.page.get_by_text("Sample", exact=True).click()
    wait_for_silence(listener)
    assert {(request["base"], request["seed"]) for request in layers_asked_for()} == {("sample", 0)}
    wait_for_silence(listener)
    listener.page.get_by_role("spinbutton", name="Seed").fill("5")
    listener.settle()
    assert {(request["base"], request["seed"]) for request in layers_asked_for()} == {("sample", 5)}
    pictures = [note["picture"] for note in heard(listener)[-2:]]
    assert len({mean, *pictures}) == 3
    assert listener.console == []


def test_a_clip_the_server_forgot_is_encoded_again_unseen(listener: Explorer, vowel: Path) -> None:
    listener.upload(vowel).forget()
    take_a_turn(listener)
    assert names(listener) == WHOLE_TURN
    expect(listener.page.locator("#notice")).to_be_hidden()


def test_without_a_connection_the_turn_waits_and_goes_on(listener: Explorer) -> None:
    listener.page.context.set_offline(True)
    press(listener, "In turn")
    expect(listener.page.get_by_role("alert")).to_contain_text("No connection")
    listener.page.context.set_offline(False)
    heard(listener, 4)
    expect(listener.page.get_by_role("alert")).to_be_hidden()
    wait_for_silence(listener)
    assert names(listener) == WHOLE_TURN


def test_a_clip_known_by_its_address_alone_is_heard_from_the_server(
    explorer: Explorer, fresh: Opener, vowel: Path
) -> None:
    choice = explorer.upload(vowel).choice("clip=")
    other = watched(fresh().open(choice))
    take_a_turn(other)
    assert names(other) == WHOLE_TURN

    latecomer = fresh().open(choice)
    latecomer.forget()
    press(latecomer, MODULES[1])
    expect(latecomer.page.locator("#overlay-title")).to_contain_text(vowel.name)
    expect(latecomer.page.get_by_role("button", name=MODULES[1])).to_be_disabled()


@pytest.fixture(scope="module")
def half_deaf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that also has the shipped model without its decoder of module 2, under the name `gap`."""
    models = tmp_path_factory.mktemp("models")
    shipped = Path(trainer.__file__).parent / "pretrained" / "demo"
    shutil.copytree(shipped, models / "gap", ignore=shutil.ignore_patterns("decoder-2.*"))
    with serve(MODELS=str(models)) as address:
        yield address


def test_a_module_without_a_decoder_is_passed_over(fresh: Opener, half_deaf: str) -> None:
    explorer = fresh()
    explorer.address = half_deaf
    watched(explorer.open("#model=gap"))
    for _ in range(2):  # once finding out, once knowing
        take_a_turn(explorer)
    assert names(explorer) == [ORIGINAL, MODULES[0], MODULES[2]] * 2
    lacking = explorer.page.get_by_role("button", name=MODULES[1])
    expect(lacking).to_be_disabled()
    expect(lacking).to_have_attribute("title", "This model has no decoder for module 2")
    expect(explorer.page.locator("#notice")).to_be_hidden()

    explorer.page.select_option("#model", "demo")
    explorer.settle()
    expect(lacking).to_be_enabled()
    listen(explorer, MODULES[1])
    assert explorer.decodes()[-1]["model"] == "demo"
