"""Sources of a recording: files, clipboard, microphone, recent files, random samples."""

from __future__ import annotations

import base64
import io
import re
import wave
from pathlib import Path

import pytest
import soundfile
from playwright.sync_api import Page, Route, expect

from .explorer import TIMEOUT_MS, Explorer, Opener, wait_until_idle

PASTE = """([name, data]) => {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([bytes], name));
    const paste = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    document.activeElement.dispatchEvent(paste);
}"""


BROKEN = "void (navigator.mediaDevices.getUserMedia = async () => {"

KEEP_UPLOADS = """() => {
    const { fetch } = window;
    window.fetch = async (address, init) => {
        const file = init?.body instanceof FormData && init.body.get("file");
        if (file) window.uploaded = Array.from(new Uint8Array(await file.arrayBuffer()));
        return fetch(address, init);
    };
}"""


def chips(page: Page) -> list[str]:
    return page.locator("#recent-files b").all_text_contents()


def uploaded(explorer: Explorer) -> wave.Wave_read:
    """The WAV file uploaded last."""
    return wave.open(io.BytesIO(bytes(explorer.page.evaluate("window.uploaded"))))


def record(explorer: Explorer, seconds: float) -> None:
    """Record until that many seconds are recorded."""
    explorer.page.evaluate(KEEP_UPLOADS)
    explorer.page.get_by_role("button", name="Record", exact=True).click()
    expect(explorer.page.get_by_role("button", name="Stop")).to_be_focused()
    explorer.page.wait_for_function(
        "least => parseFloat(document.getElementById('record-time').textContent) >= least",
        arg=seconds,
        timeout=TIMEOUT_MS,
    )


def test_file_can_be_pasted(explorer: Explorer, vowel: Path) -> None:
    explorer.page.evaluate(PASTE, [vowel.name, base64.b64encode(vowel.read_bytes()).decode()])
    assert "file=my+vowel.wav" in explorer.wait_for_recording(vowel.name).address_with("clip=")


def test_a_file_given_before_the_models_are_known_is_opened_with_the_first(new_explorer: Opener, vowel: Path) -> None:
    explorer = new_explorer()
    page = explorer.page
    held: list[Route] = []
    page.route("**/models", lambda route: held.append(route))
    with page.expect_request("**/models"):
        page.goto(explorer.address)
    page.locator("#file").set_input_files(vowel)
    wait_until_idle(page)
    [route] = held
    route.continue_()
    explorer.wait_for_recording(vowel.name)
    expect(page.locator("#notice")).to_be_hidden()


def test_microphone_recording_is_opened(explorer: Explorer) -> None:
    explorer.page.context.grant_permissions(["microphone"])
    record(explorer, 1.5)  # the fake device beeps once a second
    expect(explorer.page.locator("#examples")).to_be_hidden()
    explorer.page.get_by_role("button", name="Stop").click()
    explorer.wait_for_recording("Recording 1.wav")
    with uploaded(explorer) as sound:
        assert (sound.getnchannels(), sound.getsampwidth()) == (1, 2)
        assert 1.5 <= sound.getnframes() / sound.getframerate() < 10
        assert any(sound.readframes(sound.getnframes())), "silence"
    expect(explorer.page.locator("#recorder")).to_be_hidden()
    expect(explorer.page.get_by_role("button", name="Record", exact=True)).to_be_focused()
    expect(explorer.page.get_by_role("button", name="Original")).to_be_enabled()
    assert explorer.console == []


def test_level_is_shown_while_recording(explorer: Explorer) -> None:
    explorer.page.context.grant_permissions(["microphone"])
    record(explorer, 0.1)
    meter = explorer.page.get_by_role("meter", name="Level")
    loudest = meter.evaluate(
        """meter => new Promise((resolve) => {
            let most = -60;
            const watch = setInterval(() => {
                most = Math.max(most, Number(meter.ariaValueNow));
                if (most > -30) { clearInterval(watch); resolve(most); }
            }, 10);
        })"""
    )
    assert -30 < loudest <= 0
    explorer.page.keyboard.press("Escape")
    expect(explorer.page.locator("#recorder")).to_be_hidden()
    assert chips(explorer.page) == []
    assert sum(request.url.endswith("/encode") for request in explorer.requests) == 1, "only the example was encoded"


def test_recording_stops_at_the_limit(new_explorer: Opener) -> None:
    explorer = new_explorer()
    limit, shorter = "export const MAX_SECONDS = 30;", "export const MAX_SECONDS = 2;"

    def shorten(route: Route) -> None:
        source = route.fetch().text()
        assert source.count(limit) == 1, "the limit is half a minute"
        route.fulfill(body=source.replace(limit, shorter), content_type="text/javascript")

    explorer.page.route("**/audio/microphone.js", shorten)  # to wait for 2 seconds and not for 30
    explorer.open()
    explorer.page.context.grant_permissions(["microphone"])
    record(explorer, 1.5)
    explorer.wait_for_recording("Recording 1.wav")
    with uploaded(explorer) as sound:
        assert 2 <= sound.getnframes() / sound.getframerate() < 3


@pytest.mark.parametrize(
    ("disable", "message"),
    [
        ("", "Allow the microphone"),  # permission not granted
        ("void (navigator.mediaDevices.getUserMedia = undefined)", "cannot record"),
        ("void Object.defineProperty(window, 'isSecureContext', { value: false })", "https"),
        (f"{BROKEN} throw new DOMException('', 'NotFoundError'); }})", "No microphone"),
        (f"{BROKEN} throw new DOMException('', 'NotReadableError'); }})", "Another program"),
    ],
)
def test_recording_errors_are_explained(explorer: Explorer, disable: str, message: str) -> None:
    digest = explorer.digest
    if disable:
        explorer.page.evaluate(disable)
    explorer.page.get_by_role("button", name="Record", exact=True).click()
    expect(explorer.page.get_by_role("alert")).to_contain_text(message)
    expect(explorer.page.get_by_role("button", name="Record", exact=True)).to_be_enabled()
    assert explorer.digest == digest


def test_recent_files_survive_a_reload(explorer: Explorer, vowel: Path) -> None:
    wave_form, rate = soundfile.read(vowel)
    files = [vowel]
    for place in range(9):
        files.append(vowel.with_name(f"take {place}.wav"))
        soundfile.write(files[-1], wave_form[: -1000 * (place + 1)], rate)
    for file in files:
        explorer.upload(file)
    newest = [file.name for file in files[:1:-1]]
    assert chips(explorer.page) == newest
    explorer.page.locator("#examples button").first.click()
    explorer.settle()
    expect(explorer.page.locator("#recent-files [aria-pressed=true]")).to_have_count(0)
    explorer.page.locator("#recent-files button").nth(5).click()
    digest = explorer.wait_for_recording(newest[5]).digest
    assert chips(explorer.page) == newest, "a reopened file keeps its place"

    explorer.address_with(newest[5].replace(" ", "+"))  # the address has changed to this file
    explorer.evict_clip()
    explorer.page.reload()
    assert explorer.wait_for_recording(newest[5]).digest == digest
    assert chips(explorer.page) == newest
    expect(explorer.page.get_by_role("button", name="Original")).to_be_enabled()


def test_page_works_without_browser_storage(new_explorer: Opener, vowel: Path) -> None:
    explorer = new_explorer()
    explorer.page.add_init_script(
        """for (const store of ["indexedDB", "localStorage", "sessionStorage"])
            Object.defineProperty(window, store, { get() { throw new DOMException("not here", "SecurityError"); } });"""
    )
    explorer.open().upload(vowel)
    assert chips(explorer.page) == [vowel.name]
    assert explorer.console == []


NO_EXAMPLES = re.compile("/models/[^/]+/examples$")


def empty(explorer: Explorer) -> Explorer:
    """The page with a model without examples, so that no recording is open."""
    explorer.page.route(NO_EXAMPLES, lambda route: route.fulfill(json={"examples": []}))
    explorer.page.goto(explorer.address)
    expect(explorer.page.locator("#overlay-title")).to_have_text("No recording yet")
    return explorer


def test_random_sample_without_a_recording(new_explorer: Opener) -> None:
    explorer = empty(new_explorer())
    explorer.page.get_by_role("button", name="Random sample from the prior").click()
    digest = explorer.digest
    request = explorer.decodes()[-1]
    assert (request["base"], request["seconds"]) == ("prior", 2)
    explorer.page.get_by_role("spinbutton", name="Seed").fill("5")
    assert explorer.digest != digest
    explorer.drag(0, to=0.9)
    digest = explorer.digest
    with explorer.page.expect_download() as download:
        explorer.page.get_by_role("button", name="Save").click()
    assert download.value.suggested_filename == "random-5-layer-3.wav"

    other = new_explorer()
    other.page.route(NO_EXAMPLES, lambda route: route.fulfill(json={"examples": []}))
    assert other.open(explorer.address_with("edits3=")).digest == digest
    other.page.locator("#base").get_by_text("Mean").click()
    expect(other.page.locator("#overlay-title")).to_have_text("No recording yet")


def test_page_retries_while_the_server_starts(new_explorer: Opener) -> None:
    explorer = new_explorer()
    refused: list[str] = []

    def not_ready(route: Route) -> None:
        refused.append(route.request.url)
        if len(refused) == 1:
            route.abort("connectionrefused")
        elif len(refused) == 2:
            route.fulfill(
                status=503,
                headers={"Retry-After": "1", "Content-Type": "application/problem+json"},
                body='{"type": "not-ready", "title": "Not ready", "detail": "The models are being warmed up."}',
            )
        else:
            route.fallback()

    explorer.page.route("**/models", not_ready)
    explorer.page.goto(explorer.address)
    expect(explorer.page.locator("#overlay-title")).to_contain_text("No connection")
    expect(explorer.page.locator("#overlay-title")).to_contain_text("busy")
    explorer.settle()
    expect(explorer.page.locator("#overlay")).to_be_hidden()
    expect(explorer.page.locator("#notice")).to_be_hidden()


def test_offline_upload_is_retried(explorer: Explorer, vowel: Path) -> None:
    explorer.page.context.set_offline(True)
    explorer.page.set_input_files("#file", vowel)
    expect(explorer.page.get_by_role("alert")).to_contain_text("No connection")
    explorer.page.context.set_offline(False)
    explorer.wait_for_recording(vowel.name)
    expect(explorer.page.get_by_role("alert")).to_be_hidden()
