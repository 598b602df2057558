"""The Map panel: points are at the positions of the report; they can be played, opened, applied and searched."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from trainer import bundle
from trainer.figures.map_points import PointMap, point_maps

from .explorer import Explorer, Opener
from .test_dimension_card import STARTED

REPORT = bundle.read_report(bundle.DEMO)
assert REPORT is not None
MAPS = {one.unit: one for one in point_maps(REPORT)}
EXAMPLES = {one.id: one for one in bundle.read_examples(bundle.DEMO)}

IPA = dict(zip("@:0ADINOSUVgr", "əːɒɑðɪŋɔʃʊʌɡɹ", strict=True))
"""IPA by character of espeak-ng's mnemonics, for the phones of the shipped report."""

NEAR = """([x, y]) => {
    const [, , now] = document.getElementById("map-chart").data;
    return Math.hypot(now.x[0] - x, now.y[0] - y) < 0.05;
}"""


def latents(unit: str, module: int = 3) -> np.ndarray:
    """[points, dims], from the report."""
    one = MAPS[unit].modules[module - 1].latents  # type: ignore[index]
    return np.frombuffer(base64.b64decode(one.data), "<f2").reshape(one.shape).astype(float)


def drawn(explorer: Explorer) -> Explorer:
    expect(explorer.page.locator("#panel-map")).to_have_attribute("data-pending", "false")
    expect(explorer.page.locator("#map-chart")).to_have_attribute("data-drawn", "true")
    expect(explorer.page.locator("#map-neighbours")).to_be_visible()
    return explorer


def traces(explorer: Explorer) -> list[dict[str, Any]]:
    """Traces of the chart: the points, the chosen point, the current sound."""
    data: list[dict[str, Any]] = drawn(explorer).page.evaluate("document.getElementById('map-chart').data")
    return data


def click_point(explorer: Explorer, index: int) -> None:
    """Click the position of a point."""
    at = drawn(explorer).page.evaluate(
        """index => {
            const chart = document.getElementById("map-chart");
            const { xaxis, yaxis } = chart._fullLayout;
            const box = chart.getBoundingClientRect();
            const { x: [...x], y: [...y] } = chart.data[0];
            return [box.x + xaxis._offset + xaxis.d2p(x[index]), box.y + yaxis._offset + yaxis.d2p(y[index])];
        }""",
        index,
    )
    explorer.page.mouse.move(*at)
    explorer.page.wait_for_function("() => document.querySelector('#map-chart .hovertext')")
    explorer.page.mouse.click(*at)


def lonely(unit: str, module: int = 3) -> int:
    """The point farthest from its closest neighbour, so that a click hits no other."""
    places = np.array(MAPS[unit].modules[module - 1].places)  # type: ignore[index]
    distances = np.linalg.norm(places[:, None] - places[None], axis=2) + np.eye(len(places)) * 1e9
    return int(distances.min(1).argmax())


def ipa(phone: str | None) -> str:
    """A phone of the shipped report in IPA."""
    return "".join(IPA.get(character, character) for character in phone or "")


def words(one: PointMap, index: int) -> str:
    example = EXAMPLES[one.clips[index]]
    phone = (one.labels.get("phone") or [None] * (index + 1))[index]
    return f"/{ipa(phone)}/ in {example.label}, {example.speaker}, {one.start[index]:.2f} to {one.end[index]:.2f} s"


def test_points_are_at_the_positions_of_the_report(new_explorer: Opener) -> None:
    explorer = new_explorer().open("#panel=map")
    phones = MAPS["phone"]
    points, chosen, now = traces(explorer)
    assert list(zip(points["x"], points["y"], strict=True)) == list(phones.modules[2].places)
    assert points["text"] == [ipa(phone) for phone in phones.labels["phone"]], "phones are drawn as text"
    assert explorer.page.locator("#map-chart .textpoint").all_text_contents() == points["text"]
    assert (chosen["x"], len(now["x"])) == ([], 1)
    shares = phones.modules[2].shares
    note = explorer.page.locator("#map-note")
    expect(note).to_contain_text(
        f"{len(phones.clips)} phones of {len(set(phones.clips))} examples at layer 3, PCA projection"
    )
    expect(note).to_contain_text(f"{round(100 * sum(shares))} %")

    explorer.choose_layer(1)
    assert list(zip(*(traces(explorer)[0][axis] for axis in "xy"), strict=True)) == list(phones.modules[0].places)
    assert explorer.console == []


def test_units_and_colours_are_restored_from_the_address(new_explorer: Opener) -> None:
    explorer = drawn(new_explorer().open("#panel=map"))
    page = explorer.page
    page.locator("#map-unit").select_option("utterance")
    utterances = MAPS["utterance"]
    points = traces(explorer)[0]
    assert list(zip(points["x"], points["y"], strict=True)) == list(utterances.modules[2].places)
    speakers = utterances.labels["speaker"]
    looks = list(zip(points["marker"]["color"], points["marker"]["symbol"], strict=True))
    assert len(set(looks)) == len(set(speakers)), "one colour and symbol per speaker"
    assert len(set(zip(speakers, looks, strict=True))) == len(set(speakers))
    key = page.locator("#map-key li")
    assert [one[1:] for one in key.all_text_contents()[1:]] == sorted({str(one) for one in speakers})

    page.locator("#map-by").select_option("f0")
    points = traces(explorer)[0]
    assert points["marker"]["color"] == list(utterances.labels["f0"])
    hertz = [one for one in utterances.labels["f0"] if isinstance(one, float)]
    expect(key.last).to_have_text(f"{min(hertz):.0f} Hz{max(hertz):.0f} Hz")
    address = explorer.address_with("by=f0")
    assert "unit=utterance" in address

    page.goto("about:blank")
    explorer.open(address)
    assert traces(explorer)[0]["marker"]["color"] == list(utterances.labels["f0"])
    assert explorer.console == []


def test_point_is_played_and_opened_with_its_segment_selected(new_explorer: Opener) -> None:
    explorer = new_explorer()
    explorer.page.add_init_script(f"({STARTED})()")
    explorer.open("#panel=map")
    page, phones, index = explorer.page, MAPS["phone"], lonely("phone")
    click_point(explorer, index)
    expect(page.locator("#map-chosen")).to_have_text(words(phones, index))
    page.wait_for_function("() => window.started.length === 1")
    (started,) = page.evaluate("window.started")
    start, end = phones.start[index], phones.end[index]
    assert started["how"][1:] == [start, pytest.approx(end - start, abs=0.01)]
    assert started["seconds"] == pytest.approx(EXAMPLES[phones.clips[index]].duration, abs=0.01)
    chosen = traces(explorer)[1]
    assert (chosen["x"], chosen["y"]) == tuple([value] for value in phones.modules[2].places[index])

    page.get_by_role("button", name="Open", exact=True).click()
    explorer.address_with(f"example={phones.clips[index]}")
    explorer.address_with("span=")
    expect(page.locator("#selection")).to_have_text(f"{start:.2f} s to {end:.2f} s")
    assert explorer.console == []


def test_applying_a_point_moves_the_current_sound_there(new_explorer: Opener) -> None:
    explorer = drawn(new_explorer().open("#panel=map&edits3=5:1&muted3=7"))
    page, phones, index = explorer.page, MAPS["phone"], lonely("phone")
    before = explorer.digest
    page.locator("#map-chart").focus()
    page.keyboard.press("ArrowRight")
    click_point(explorer, index)
    page.get_by_role("button", name="Apply to selection").click()
    explorer.address_with("63=")
    explorer.settle()
    values = latents("phone")[index]
    edits = explorer.decodes()[-1]["edits"]
    assert [(edit["dim"], edit["op"]) for edit in edits] == [(dim, "set") for dim in range(64)]
    assert [edit["value"] for edit in edits] == pytest.approx(values.tolist(), abs=0.0051)
    _, chosen, now = traces(explorer)
    assert (now["x"][0], now["y"][0]) == pytest.approx((chosen["x"][0], chosen["y"][0]), abs=0.1)
    nearest = page.locator("#map-nearest button").first
    expect(nearest).to_have_attribute("data-index", str(index))
    expect(nearest).to_contain_text("0.00")
    expect(nearest).to_contain_text(words(phones, index))

    page.get_by_role("tab", name="Sliders").click()
    page.get_by_role("button", name="Undo").click()
    assert explorer.digest == before, "one step back"


def test_closest_points_by_the_latents_of_the_clip(new_explorer: Opener) -> None:
    explorer = drawn(new_explorer().open("#panel=map&unit=utterance&edits3=5:1.5,9=-2,11*0.5"))
    page = explorer.page
    clip = explorer.decodes()[-1]["clip"]
    encoded = page.request.get(f"{explorer.address}/clips/{clip}?model=demo").json()
    present = np.array(encoded["modules"][2]["mean"])
    present[5] += 1.5
    present[9] = -2
    present[11] *= 0.5
    points = latents("utterance")
    distances = np.sqrt(((points - present) ** 2).mean(1))
    order = distances.argsort()[:5]
    found = page.locator("#map-nearest button")
    assert [int(one.get_attribute("data-index") or -1) for one in found.all()] == order.tolist()
    shown_distances = [float(text) for text in found.locator("b").all_text_contents()]
    assert shown_distances == pytest.approx(distances[order].tolist(), abs=0.02)
    plane = MAPS["utterance"].modules[2]
    now = traces(explorer)[2]
    place = (present - np.array(plane.centre)) @ np.array(plane.axes).T
    assert (now["x"][0], now["y"][0]) == pytest.approx(tuple(place), abs=0.05)

    page.evaluate("location.hash += '&span=0.15-0.25'")
    explorer.settle()
    card = page.request.get(f"{explorer.address}/models/demo").json()["modules"][2]
    answer = page.request.get(f"{explorer.address}/clips/{clip}/latents?model=demo&module=3")
    frames = np.load(io.BytesIO(answer.body()))[0].astype(float)
    at = card["first_frame_seconds"] + card["hop_seconds"] * np.arange(frames.shape[1])
    marked = frames[:, (at >= 0.15) & (at < 0.25)].mean(1)
    marked[[5, 9, 11]] = marked[5] + 1.5, -2, marked[11] * 0.5
    x, y = (marked - np.array(plane.centre)) @ np.array(plane.axes).T
    page.wait_for_function(NEAR, arg=[float(x), float(y)])
    assert np.hypot(x - place[0], y - place[1]) > 0.5, "differs from the position of the whole recording"


def test_arrow_keys_move_between_points(new_explorer: Opener) -> None:
    explorer = new_explorer()
    explorer.page.add_init_script(f"({STARTED})()")
    drawn(explorer.open("#panel=map"))
    page, places = explorer.page, np.array(MAPS["phone"].modules[2].places)
    chart = page.locator("#map-chart")
    chart.focus()
    page.keyboard.press("ArrowUp")
    at = 0
    expect(page.locator("#map-chosen")).to_have_text(words(MAPS["phone"], at))
    for key, direction in (("ArrowRight", (1, 0)), ("ArrowUp", (0, 1)), ("ArrowLeft", (-1, 0)), ("ArrowDown", (0, -1))):
        page.keyboard.press(key)
        chosen = traces(explorer)[1]
        moved = np.array([chosen["x"][0], chosen["y"][0]]) - places[at]
        at = int(np.linalg.norm(places - places[at] - moved, axis=1).argmin())
        assert not moved.any() or moved @ direction > 0
    page.keyboard.press("Enter")
    page.wait_for_function("() => window.started.length === 1")
    (started,) = page.evaluate("window.started")
    assert started["how"][1] == MAPS["phone"].start[at]
    assert explorer.console == []
