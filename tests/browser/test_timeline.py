"""The timeline: one axis for all lanes, zoom and scroll, cursor, and a selection that is edited and looped."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from playwright.sync_api import FloatRect, expect

from .explorer import PLAYHEAD, TIMEOUT_MS, Explorer, Opener, wait_until_idle

RECORD_SOURCES = """
window.sources = [];
window.gains = [];
const Source = AudioBufferSourceNode;
window.AudioBufferSourceNode = function (context, options) {
    const { sampleRate: rate, duration } = options.buffer;
    window.sources.push({ ...options, buffer: undefined, rate, duration });
    return new Source(context, options);
};
const ramp = AudioParam.prototype.linearRampToValueAtTime;
AudioParam.prototype.linearRampToValueAtTime = function (value, at) {
    if (value) window.gains.push(value);
    return ramp.call(this, value, at);
};
"""
"""Records the audio sources that the player creates, and their gains."""


def box_of(explorer: Explorer, selector: str) -> FloatRect:
    box = explorer.page.locator(selector).bounding_box()
    assert box is not None
    return box


def point(explorer: Explorer, lane: str, across: float, up: float = 0.5) -> tuple[float, float]:
    """Coordinates of a point in a lane, given as shares of its width and height."""
    box = box_of(explorer, f"[data-lane={lane}] .plot")
    return box["x"] + across * box["width"], box["y"] + (1 - up) * box["height"]


def read(explorer: Explorer, lane: str, across: float, up: float = 0.5) -> list[str]:
    """The readout at a point in a lane."""
    explorer.page.mouse.move(*point(explorer, lane, across, up))
    wait_until_idle(explorer.page)
    return explorer.page.locator("#readout span").all_text_contents()


def number(text: str) -> float:
    found = re.search(r"[-−+]?\d+(\.\d+)?(?!.*\d)", text)
    assert found, text
    return float(found[0].replace("−", "-"))


def seconds(explorer: Explorer, across: float) -> float:
    """Time at a share of the axis, in seconds."""
    return number(read(explorer, "original", across)[0])


def mark(explorer: Explorer, lane: str, across: float, to: float) -> None:
    explorer.page.mouse.move(*point(explorer, lane, across))
    explorer.page.mouse.down()
    explorer.page.mouse.move(*point(explorer, lane, to), steps=5)
    explorer.page.mouse.up()


def playback_position(explorer: Explorer) -> float:
    """The playback position, as a share of the axis."""
    place: float = explorer.page.locator("#lanes").evaluate(
        "lanes => parseFloat(lanes.style.getPropertyValue('--cursor')) / 100"
    )
    return place


def marked(explorer: Explorer) -> tuple[float, float]:
    """Ends of the selection in seconds, as shown by the page."""
    selection = explorer.page.locator("#selection")
    expect(selection).to_have_text(re.compile(r"^\d\.\d+ s to \d\.\d+ s$"))
    start, end = (float(found) for found in re.findall(r"[\d.]+", selection.inner_text()))
    return start, end


def duration(explorer: Explorer) -> float:
    clip = explorer.decodes()[-1]["clip"]
    seconds: float = explorer.page.request.get(f"{explorer.address}/clips/{clip}").json()["duration"]
    return seconds


def lane_is_shown(explorer: Explorer, lane: str, shown: bool) -> None:
    expect(explorer.page.locator(f"[data-lane={lane}]")).to_be_visible(visible=shown)


def request_count(explorer: Explorer, path: str) -> int:
    return sum(path in request.url for request in explorer.requests)


def test_optional_lanes_are_fetched_when_shown(new_explorer: Opener) -> None:
    explorer = new_explorer(viewport={"width": 390, "height": 844}).open()
    for lane in ("difference", "latents"):
        lane_is_shown(explorer, lane, False)
    assert request_count(explorer, "/latents?") == 0
    explorer.page.get_by_role("button", name="Latents").click()
    lane_is_shown(explorer, "latents", True)
    expect(explorer.page.locator("#latents")).to_be_visible()
    assert request_count(explorer, "/latents?") == 1
    explorer.page.get_by_role("button", name="Difference").click()
    expect(explorer.page.locator("#difference")).to_be_visible()
    explorer.page.get_by_role("button", name="Latents").click()
    lane_is_shown(explorer, "latents", False)
    assert explorer.console == []


def test_latents_readout_matches_the_server(explorer: Explorer) -> None:
    expect(explorer.page.locator("#latents")).to_be_visible()
    facts = explorer.page.request.get(f"{explorer.address}/models/demo").json()["modules"][2]
    clip, length = explorer.decodes()[-1]["clip"], duration(explorer)
    answer = explorer.page.request.get(f"{explorer.address}/clips/{clip}/latents?module=3")
    mean, logvar = np.load(io.BytesIO(answer.body())).astype(float)
    by_kl = sorted(facts["dimensions"], key=lambda facts: -facts["kl"])
    values = {"Mean": mean, "SD": np.exp(logvar / 2), "KL": 0.5 * (mean**2 + np.exp(logvar) - logvar - 1)}
    pictures = set()
    for name, expected in values.items():
        explorer.page.locator("#statistic").get_by_text(name, exact=True).click()
        pictures.add(explorer.canvas("latents"))
        for row, across in ((20, 0.3), (40, 0.8)):
            frame = round((across * length - facts["first_frame_seconds"]) / facts["hop_seconds"])
            across = (facts["first_frame_seconds"] + frame * facts["hop_seconds"]) / length
            _, dimension, value = read(explorer, "latents", across, 1 - (row + 0.5) / facts["dims"])
            assert dimension == f"Dimension {by_kl[row]['dim']}"
            assert number(value) == pytest.approx(expected[by_kl[row]["dim"], frame], abs=0.006)
    assert len(pictures) == 3


def test_click_on_a_latent_row_focuses_its_slider(explorer: Explorer) -> None:
    expect(explorer.page.locator("#latents")).to_be_visible()
    explorer.page.get_by_role("searchbox").fill("no such label")
    explorer.page.get_by_role("tab", name="Grid").click()
    _, dimension, _ = read(explorer, "latents", 0.5, 0.4)
    explorer.page.mouse.click(*point(explorer, "latents", 0.5, 0.4))
    slider = explorer.page.get_by_role("slider", name=re.compile(f"^{dimension}(,|$)"))
    expect(slider).to_be_focused()
    expect(slider).to_be_in_viewport()


def test_edits_are_outlined_on_the_latents(explorer: Explorer) -> None:
    expect(explorer.page.locator("#latents")).to_be_visible()
    explorer.drag(0, to=0.8)
    mark(explorer, "original", 0.25, 0.5)
    explorer.drag(1, to=0.2)
    places = ("[data-lane=latents] .plot", "#edited i:nth-child(1)", "#edited i:nth-child(2)")
    plot, whole, part = (box_of(explorer, place) for place in places)
    assert whole["width"] == pytest.approx(plot["width"], abs=1)
    assert (part["x"] - plot["x"]) / plot["width"] == pytest.approx(0.25, abs=0.01)
    assert part["width"] / plot["width"] == pytest.approx(0.25, abs=0.01)
    assert whole["y"] < part["y"], "the highest KL is at the top"
    dims = [explorer.row(place).get_attribute("data-dim") for place in (0, 1)]
    assert set(explorer.page.locator("#edited-dims span").all_text_contents()) <= set(dims)


def test_difference_is_decoded_minus_original(explorer: Explorer) -> None:
    explorer.page.get_by_role("button", name="Difference").click()
    floor = number(explorer.page.locator("#legend-low").inner_text())
    before = explorer.canvas("difference")
    for across, up in ((0.2, 0.2), (0.3, 0.4), (0.5, 0.9), (0.98, 0.9)):
        _, _, original, decoded, difference = read(explorer, "difference", across, up)
        expected = max(floor, number(decoded)) - max(floor, number(original))
        assert number(difference) == pytest.approx(expected, abs=0.16)
    explorer.drag(0, to=0.9)
    explorer.settle()
    assert explorer.canvas("difference") != before


def test_wheel_zooms_about_the_pointer_and_scrolls(explorer: Explorer) -> None:
    length = duration(explorer)
    at = seconds(explorer, 0.3)
    explorer.page.keyboard.down("Control")
    explorer.page.mouse.wheel(0, -400)
    explorer.page.keyboard.up("Control")
    assert seconds(explorer, 0.3) == pytest.approx(at, abs=0.003)
    shown = seconds(explorer, 0.999) - seconds(explorer, 0.001)
    assert shown < length / 4
    start = seconds(explorer, 0.001)
    explorer.page.keyboard.down("Shift")
    explorer.page.mouse.wheel(0, 200)
    explorer.page.keyboard.up("Shift")
    assert seconds(explorer, 0.001) > start
    assert seconds(explorer, 0.999) - seconds(explorer, 0.001) == pytest.approx(shown, abs=0.003)
    tick = float(explorer.page.locator("#times span").nth(1).inner_text())
    assert seconds(explorer, 0.001) <= tick <= seconds(explorer, 0.999)
    explorer.page.get_by_role("button", name="All", exact=True).click()
    assert seconds(explorer, 0.999) == pytest.approx(length, abs=0.01)
    expect(explorer.page.get_by_role("button", name="Zoom out")).to_be_disabled()


def test_click_plays_from_that_time(explorer: Explorer) -> None:
    length = duration(explorer)
    for _ in range(2):
        explorer.page.get_by_role("button", name="Zoom in").click()
    at = seconds(explorer, 0.4)
    explorer.record_sounds().page.mouse.click(*point(explorer, "original", 0.4))
    explorer.wait_for_sound("original")
    explorer.page.get_by_role("button", name="All", exact=True).click()
    assert playback_position(explorer) == pytest.approx(at / length, abs=0.005)


def test_timeline_keys_zoom_and_scroll(explorer: Explorer) -> None:
    length = duration(explorer)
    lanes = explorer.page.locator("#lanes")
    for key in ("Home", "+", "+", "+"):
        lanes.press(key)
    assert seconds(explorer, 0.999) == pytest.approx(length / 8, abs=0.01)
    lanes.press("PageDown")
    assert seconds(explorer, 0.001) == pytest.approx(0.8 * length / 8, abs=0.01)
    lanes.press("-")
    assert seconds(explorer, 0.999) - seconds(explorer, 0.001) == pytest.approx(length / 4, abs=0.01)
    lanes.press("End")
    assert seconds(explorer, 0.999) == pytest.approx(length, abs=0.01), "the view follows the cursor"
    lanes.press("0")
    assert seconds(explorer, 0.001) == pytest.approx(0, abs=0.003)


def test_scroll_bar_moves_the_view(explorer: Explorer) -> None:
    length = duration(explorer)
    for key in ("Home", "+", "+"):
        explorer.page.locator("#lanes").press(key)
    bar = explorer.page.get_by_role("scrollbar", name="Scroll the timeline")
    box = box_of(explorer, "#scroll")
    explorer.page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + box["height"] / 2)
    explorer.page.mouse.down()
    explorer.page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] / 2, steps=5)
    explorer.page.mouse.up()
    assert seconds(explorer, 0.001) == pytest.approx(length / 2, abs=0.02)
    assert int(bar.get_attribute("aria-valuenow") or "") == pytest.approx(67, abs=3)


def test_pinch_zooms_and_swipe_scrolls_the_page(new_explorer: Opener) -> None:
    explorer = new_explorer(viewport={"width": 390, "height": 600}, has_touch=True).open()
    touch = explorer.page.context.new_cdp_session(explorer.page)
    explorer.page.locator("#lanes").scroll_into_view_if_needed()

    def fingers(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(places)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    left, right = (point(explorer, "original", across) for across in (0.4, 0.6))
    fingers("touchStart", left)
    fingers("touchStart", left, right)
    for step in range(1, 11):
        fingers("touchMove", (left[0] - 6 * step, left[1]), (right[0] + 6 * step, right[1]))
    fingers("touchEnd")
    expect(explorer.page.locator("#scroll")).to_have_attribute("data-zoomed", "true")
    expect(explorer.page.locator("#marked")).to_be_hidden()

    x, y = point(explorer, "original", 0.5)
    fingers("touchStart", (x, y))
    for step in range(1, 11):
        fingers("touchMove", (x, y - 10 * step))
    fingers("touchEnd")
    explorer.page.wait_for_function("() => scrollY > 20")
    expect(explorer.page.locator("#marked")).to_be_hidden()
    assert "span=" not in explorer.page.url


def test_view_follows_the_playhead(explorer: Explorer) -> None:
    for key in ("Home", "+", "+", "Enter"):
        explorer.page.locator("#lanes").press(key)
    explorer.page.wait_for_function(
        "() => parseFloat(document.querySelector('#times span').textContent) > 0.1", timeout=60_000
    )


def test_dragging_selects_and_sliders_edit_the_selection(explorer: Explorer) -> None:
    length = duration(explorer)
    mark(explorer, "decoded", 0.6, 0.3)
    start, end = marked(explorer)
    assert (start, end) == pytest.approx((0.3 * length, 0.6 * length), abs=0.012)
    expect(explorer.page.locator("#play-original")).to_have_attribute("aria-pressed", "false")

    whole = explorer.digest
    explorer.drag(0, to=0.9)
    assert explorer.digest != whole
    edit = explorer.decodes()[-1]["edits"][0]
    assert (edit["start"], edit["end"]) == pytest.approx((start, end), abs=0.006)
    assert f"span={edit['start']}-{edit['end']}" in explorer.address_with("edits3=")

    explorer.record_sounds().page.mouse.click(*point(explorer, "original", 0.9))
    explorer.wait_for_sound("original")
    expect(explorer.page.locator("#marked")).to_be_visible()


def test_selection_shows_the_receptive_field_on_both_sides(explorer: Explorer) -> None:
    mark(explorer, "original", 0.45, 0.55)
    modules = explorer.page.request.get(f"{explorer.address}/models/demo").json()["modules"]
    axis = box_of(explorer, "#times")
    for module in (1, 2):
        explorer.choose_layer(module)
        span, field = (box_of(explorer, f"#marked .{name}") for name in ("span", "field"))
        beyond = (field["width"] - span["width"]) / axis["width"] * duration(explorer)
        assert beyond == pytest.approx(modules[module - 1]["receptive_field_seconds"], abs=0.005)
        assert span["x"] - field["x"] == pytest.approx((field["width"] - span["width"]) / 2, abs=2)


def test_selection_handles_are_dragged(explorer: Explorer) -> None:
    mark(explorer, "original", 0.3, 0.5)
    handle = box_of(explorer, "#marked [data-edge=end]")
    explorer.page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2)
    explorer.page.mouse.down()
    explorer.page.mouse.move(*point(explorer, "original", 0.8), steps=4)
    explorer.page.mouse.up()
    length = duration(explorer)
    assert marked(explorer) == pytest.approx((0.3 * length, 0.8 * length), abs=0.012)
    explorer.page.get_by_role("button", name="Clear selection").click()
    expect(explorer.page.locator("#marked")).to_be_hidden()


def test_selection_by_keys(explorer: Explorer) -> None:
    lanes = explorer.page.locator("#lanes")
    lanes.press("Home")
    for key in [*["ArrowRight"] * 20, "[", *["ArrowRight"] * 15, "]"]:
        lanes.press(key)
    expect(explorer.page.locator("#selection")).to_have_text("0.20 s to 0.35 s")
    assert explorer.address_with("span=0.2-0.35")
    lanes.press("Escape")
    expect(explorer.page.locator("#selection")).to_have_text("whole recording")


@pytest.fixture
def listener(new_explorer: Opener) -> Explorer:
    explorer = new_explorer()
    explorer.page.add_init_script(RECORD_SOURCES)
    return explorer.open()


def wait_for_wraps(explorer: Explorer, count: int) -> None:
    """Wait until the playhead has jumped back `count` times."""
    explorer.page.wait_for_function(
        f"""count => {{
            const [position, last] = [{PLAYHEAD}, window.lastPosition ?? NaN];
            window.wraps = (window.wraps ?? 0) + (position < last);
            window.lastPosition = position;
            return window.wraps >= count;
        }}""",
        arg=count,
        timeout=TIMEOUT_MS,
    )


def sources(explorer: Explorer) -> list[dict[str, Any]]:
    created: list[dict[str, Any]] = explorer.page.evaluate("window.sources")
    return created


def test_loop_of_the_selection_is_exact_to_the_sample(listener: Explorer) -> None:
    length = duration(listener)
    mark(listener, "original", 0.3, 0.5)
    listener.page.get_by_role("button", name="Loop").click()
    listener.page.get_by_role("button", name="Decoded").click()
    expect(listener.page.locator("#play-decoded")).to_have_attribute("aria-pressed", "true")
    wait_for_wraps(listener, 3)
    expect(listener.page.locator("#play-decoded")).to_have_attribute("aria-pressed", "true")
    assert 0.29 < listener.page.evaluate(PLAYHEAD) < 0.51
    source = sources(listener)[-1]
    start, end = (float(found) for found in re.findall(r"[\d.]+", listener.address_with("span=").split("span=")[1])[:2])
    assert source["loop"]
    for there, expected in ((source["loopStart"], start), (source["loopEnd"], end)):
        assert there * source["rate"] == pytest.approx(round(expected * source["rate"]), abs=1e-6)

    listener.page.get_by_role("button", name="Clear selection").click()
    source = sources(listener)[-1]
    assert (source["loopStart"], source["loopEnd"]) == pytest.approx((0, source["duration"]), abs=1e-4)
    assert source["duration"] == pytest.approx(length, abs=1e-3)
    listener.page.get_by_role("button", name="Loop").click()
    assert not sources(listener)[-1]["loop"]
    expect(listener.page.locator("#play-decoded")).to_have_attribute("aria-pressed", "false")


def test_match_volume_changes_playback_only(listener: Explorer) -> None:
    digest = listener.digest
    decode = listener.decodes()[-1]
    answer = listener.page.request.post(f"{listener.address}/decode", data=decode, headers={"Accept": "audio/wav"})
    original = listener.page.request.get(f"{listener.address}/clips/{decode['clip']}/audio")
    waves = [soundfile.read(io.BytesIO(one.body()))[0] for one in (original, answer)]
    wanted, rms = (float(np.sqrt(np.mean(wave**2))) for wave in waves)
    loudest = max(1.0, 1 / float(np.abs(waves[1]).max()))

    def gain_of(name: str) -> float:
        before = len(sources(listener))
        listener.page.get_by_role("button", name=name).click()
        listener.page.wait_for_function("before => window.sources.length > before", arg=before)
        gain: float = listener.page.evaluate("window.gains.at(-1)")
        return gain

    assert gain_of("Decoded") == pytest.approx(min(wanted / rms, loudest), rel=0.03)
    assert gain_of("Original") == 1
    listener.page.get_by_text("Match volume").click()
    assert gain_of("Decoded") == 1
    assert listener.digest == digest


def test_sweep_plays_continuously_and_ends_in_silence(listener: Explorer) -> None:
    slider = listener.slider(0)
    slider.press("s")
    decoded = listener.page.locator("#play-decoded")
    expect(decoded).to_have_attribute("aria-pressed", "true")
    listener.page.wait_for_function("() => window.sources.length > 3", timeout=TIMEOUT_MS)
    expect(decoded).to_have_attribute("aria-pressed", "true")
    assert all(source["loop"] for source in sources(listener))
    assert len(sources(listener)) > 3, "each new sound continues at the position of the last"
    slider.press("s")
    expect(decoded).to_have_attribute("aria-pressed", "false")
    before = len(sources(listener))
    # The sweep starts no further sound: the next source is that of the button.
    listener.settle_and_idle().page.get_by_role("button", name="Original").click()
    expect(listener.page.locator("#play-original")).to_have_attribute("aria-pressed", "true")
    assert len(sources(listener)) == before + 1


def test_new_recording_resets_the_zoom(explorer: Explorer, vowel: Path) -> None:
    explorer.page.get_by_role("button", name="Zoom in").click()
    expect(explorer.page.locator("#scroll")).to_have_attribute("data-zoomed", "true")
    explorer.upload(vowel)
    expect(explorer.page.locator("#scroll")).to_have_attribute("data-zoomed", "false")
    assert seconds(explorer, 0.999) == pytest.approx(0.8, abs=0.01)
    assert explorer.console == []


def test_long_raster_is_averaged_to_screen_resolution(explorer: Explorer) -> None:
    widths, greys = explorer.page.evaluate(
        """async () => {
            const { drawRaster } = await import("/drawing/raster.js");
            const frames = 65536;
            // A ramp that every other frame leaves by as much up as down: its means are the ramp.
            const values = Float32Array.from({ length: frames }, (_, at) => at / frames + (at % 2 ? 0.25 : -0.25));
            const raster = { values, rows: 1, frames, hop: 0.01, first: 0 };
            const greys = Uint32Array.from({ length: 256 }, (_, step) => (255 << 24) | (step * 0x010101));
            const canvas = document.createElement("canvas");
            const drawn = (view) => {
                drawRaster(canvas, raster, { low: 0, high: 1 }, greys, view);
                const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, 1);
                return [canvas.width, data[4 * Math.floor(canvas.width / 2)] / 256];
            };
            return [[0, 655.36], [0, 327.68], [300, 300.5]].map(([start, end]) => drawn({ start, end })).reduce(
                ([widths, greys], [width, grey]) => [[...widths, width], [...greys, grey]], [[], []]);
        }"""
    )
    assert all(width <= 3003 for width in widths)
    assert widths[2] < 60
    assert greys[:2] == pytest.approx([0.5, 0.25], abs=0.01)
    assert abs(greys[2] - 300.25 / 655.36) == pytest.approx(0.25, abs=0.01), "zoomed in, frames are not averaged"
