"""The page as a whole: first view, size, requests, layout, playback and errors."""

from __future__ import annotations

import base64
from pathlib import Path

from playwright.sync_api import expect

from .explorer import Explorer, Opener


def test_first_view_is_complete_and_small(new_explorer: Opener) -> None:
    explorer = new_explorer()
    weight: list[int] = []
    explorer.page.on("response", lambda response: weight.append(len(response.body())))
    explorer.open()
    expect(explorer.page.get_by_role("radio", name="Layer 3")).to_be_checked()
    expect(explorer.page.locator("#examples button").first).to_have_attribute("aria-pressed", "true")
    for canvas in ("waveform", "original", "decoded"):
        assert colours_of(explorer, canvas) > 1, f"#{canvas} is blank"
    assert sum(weight) < 1_000_000
    assert {request.url.startswith(f"{explorer.address}/") for request in explorer.requests} == {True}
    assert explorer.console == []


def test_no_console_messages_and_no_requests_to_other_origins(explorer: Explorer, vowel: Path) -> None:
    explorer.upload(vowel).choose_layer(1)
    explorer.drag(0, to=0.8)
    explorer.page.get_by_role("button", name="Original").click()
    explorer.page.get_by_role("button", name="Decoded").click()
    with explorer.page.expect_download() as download:
        explorer.page.get_by_role("button", name="Save").click()
    saved = download.value.path().read_bytes()
    assert saved[:4] == b"RIFF"
    assert download.value.suggested_filename == "my vowel-layer-1.wav"
    explorer.settle()
    outside = [request.url for request in explorer.requests if not request.url.startswith((explorer.address, "blob:"))]
    assert outside == []
    assert explorer.console == []


def test_no_horizontal_scrolling_at_any_width(new_explorer: Opener) -> None:
    explorer = new_explorer(viewport={"width": 390, "height": 844}).open()
    for width in (390, 360, 768, 1024, 1440, 2560):
        explorer.page.set_viewport_size({"width": width, "height": 844})
        explorer.drag(0, to=0.2)
        assert explorer.drag(0, to=0.8) > 1, width
        assert explorer.settle().page.evaluate("document.documentElement.scrollWidth") <= width


def test_layout_does_not_shift(new_explorer: Opener) -> None:
    explorer = new_explorer()
    explorer.page.add_init_script(
        """addEventListener("DOMContentLoaded", () => { document.documentElement.dataset.shift = "0"; });
        new PerformanceObserver((list) => {
            const { dataset } = document.documentElement;
            for (const entry of list.getEntries()) dataset.shift = String(Number(dataset.shift ?? 0) + entry.value);
        }).observe({ type: "layout-shift", buffered: true });"""
    )
    explorer.open()
    explorer.drag(0, to=0.8)
    explorer.settle_and_idle()  # the observer has been called
    assert float(explorer.page.locator("html").get_attribute("data-shift") or "nan") < 0.02


def test_space_plays_and_original_and_decoded_swap(explorer: Explorer) -> None:
    original, decoded = (explorer.page.get_by_role("button", name=name) for name in ("Original", "Decoded"))
    explorer.page.keyboard.press("r")  # loop, so that no sound ends before it is checked
    explorer.page.locator("body").press("Space")
    expect(decoded).to_have_attribute("aria-pressed", "true")
    original.click()
    expect(original).to_have_attribute("aria-pressed", "true")
    expect(decoded).to_have_attribute("aria-pressed", "false")
    explorer.page.keyboard.press("r")
    expect(original).to_have_attribute("aria-pressed", "false")  # at the end of the recording


def test_play_on_release_can_be_switched_off(explorer: Explorer) -> None:
    explorer.record_sounds().drag(0, to=0.8)
    heard = ["decoded", ""]
    assert [sound["side"] for sound in explorer.sounds(2)] == heard
    explorer.page.get_by_text("Play on release").click()
    explorer.drag(0, to=0.3)
    # A sound on release would start once the decoding has settled, so before the original that is played next.
    explorer.settle_and_idle().page.get_by_role("button", name="Original").click()
    assert [sound["side"] for sound in explorer.sounds(4)] == [*heard, "original", ""]


def test_pointer_shows_time_frequency_and_level(explorer: Explorer) -> None:
    plot = explorer.page.locator("[data-lane=original] .plot").bounding_box()
    assert plot is not None
    explorer.page.mouse.move(plot["x"] + plot["width"] / 2, plot["y"] + plot["height"] / 2)
    readout = explorer.page.locator("#readout")
    expect(readout).to_contain_text("kHz")
    expect(readout.locator(".original")).to_contain_text("dB")
    expect(readout.locator(".decoded")).to_contain_text("dB")


def test_invalid_file_shows_an_error_and_the_page_still_works(explorer: Explorer, tmp_path: Path) -> None:
    digest = explorer.digest
    bad = tmp_path / "bad.wav"
    for content in (b"", b"this is no recording", b"RIFF\x24\x00\x00\x00WAVEfmt "):
        bad.write_bytes(content)
        with explorer.page.expect_response(lambda response: response.url.endswith("/encode")) as answer:
            explorer.page.set_input_files("#file", bad)
        assert 400 <= answer.value.status < 500
        expect(explorer.page.get_by_role("alert")).to_contain_text(answer.value.json()["detail"])
        assert explorer.digest == digest
        explorer.page.get_by_role("button", name="Dismiss").click()
        expect(explorer.page.get_by_role("alert")).to_be_hidden()
    explorer.drag(0, to=0.8)
    assert explorer.digest != digest


def test_file_can_be_dropped_anywhere(explorer: Explorer, vowel: Path) -> None:
    explorer.page.evaluate(
        """([name, data]) => {
            const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([bytes], name));
            for (const type of ["dragenter", "dragover", "drop"])
                document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
        }""",
        [vowel.name, base64.b64encode(vowel.read_bytes()).decode()],
    )
    explorer.wait_for_recording(vowel.name)
    expect(explorer.page.locator("#drop")).to_be_hidden()


def test_offline_page_retries_with_the_latest_edit(explorer: Explorer) -> None:
    explorer.page.context.set_offline(True)
    explorer.drag(0, to=0.8)
    expect(explorer.page.get_by_role("alert")).to_contain_text("No connection")
    value = explorer.drag(0, to=0.3)
    explorer.page.context.set_offline(False)
    assert explorer.settle().decodes()[-1]["edits"][0]["value"] == value
    expect(explorer.page.get_by_role("alert")).to_be_hidden()


def colours_of(explorer: Explorer, canvas: str) -> int:
    """Number of different pixel values of a canvas."""
    count: int = explorer.page.locator(f"#{canvas}").evaluate(
        """canvas => {
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return new Set(new Uint32Array(data.buffer)).size;
        }"""
    )
    return count
