"""Page object of the explorer: locates controls, performs actions, and records console messages and requests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, Request, WebSocket, expect

DIGEST = re.compile("^[0-9a-f]{64}$")

SETTLED = "body:has(#explorer[data-phase=ready][data-decoding=false]):has(#play-decoded[data-audio-digest])"
TIMEOUT_MS = 60_000

expect.set_options(timeout=TIMEOUT_MS)

PLAYHEAD = """(() => {
    const playhead = document.getElementById("playhead");
    const share = parseFloat(getComputedStyle(playhead).translate) / playhead.parentElement.clientWidth;
    return share < 0 ? NaN : share;
})()"""
"""Position of the playhead, as a share of the view; NaN when nothing plays."""

RECORD_SOUNDS = """() => {
    const [lanes, caption, canvas] = ["lanes", "decoded-caption", "decoded"].map((id) => document.getElementById(id));
    const shown = () => ({ caption: caption.textContent, picture: canvas.toDataURL() });
    window.sounds = [];
    window.listening ??= new MutationObserver(([{ oldValue }]) => {
        const side = lanes.dataset.playing;
        if (side !== (oldValue ?? "")) window.sounds.push({ side, ...shown() });
    });
    window.listening.observe(lanes, { attributeFilter: ["data-playing"], attributeOldValue: true });
}"""

IDLE = """async () => {
    const frame = () => new Promise(requestAnimationFrame);
    await frame();
    await frame();
    const running = document.getAnimations().filter(({ playState, effect }) =>
        playState === "running" && effect.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(running.map(({ finished }) => finished));
}"""
"""Waits for two animation frames, then until every finite animation has finished."""

CHARTS_DRAWN = """() => [...document.querySelectorAll(".chart .main-svg")].every((svg) =>
    !svg.checkVisibility() || svg.closest(".chart").dataset.drawn)"""


def is_decode(request: Request) -> bool:
    return request.url.endswith("/decode")


def wait_until_idle(page: Page) -> None:
    """Wait until events are handled and drawn: two animation frames have passed, animations have finished, charts are
    drawn. Whatever the page does at once or in the next frame in response to an event has then happened.
    """
    page.evaluate(IDLE)
    page.wait_for_function(CHARTS_DRAWN, timeout=TIMEOUT_MS)
    page.evaluate(IDLE)


@dataclass
class Explorer:
    """An open page with its console messages and requests."""

    page: Page
    address: str
    console: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    decode_requests: list[dict[str, Any]] = field(default_factory=list)
    """Bodies of all requests to /decode in order, posted or sent over the WebSocket."""
    in_flight: list[int] = field(default_factory=list)
    """For each request to /decode, the number of unanswered ones when it was sent, itself included."""
    answered: int = 0

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.console.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.console.append(f"uncaught: {error}"))
        self.page.on("request", self._on_request)
        for end in ("requestfinished", "requestfailed"):
            self.page.on(end, lambda request: self._on_answer() if is_decode(request) else None)
        self.page.on("websocket", self._on_websocket)

    def _on_request(self, request: Request) -> None:
        self.requests.append(request)
        if is_decode(request):
            self._on_decode(request.post_data or "{}")

    def _on_websocket(self, websocket: WebSocket) -> None:
        websocket.on("framesent", self._on_decode)
        # The text frame is the answer; the sound follows in binary frames.
        websocket.on("framereceived", lambda frame: self._on_answer() if isinstance(frame, str) else None)

    def _on_decode(self, body: str) -> None:
        self.decode_requests.append(json.loads(body))
        self.in_flight.append(len(self.decode_requests) - self.answered)

    def _on_answer(self) -> None:
        self.answered += 1

    def open(self, fragment: str = "") -> Explorer:
        """Open the page with a fragment in its address and wait until it has settled."""
        self.page.goto(f"{self.address}/{fragment}")
        return self.settle()

    def settle(self) -> Explorer:
        """Wait until a recording is open and the decoded sound matches the sliders."""
        # `wait_for_selector` reacts at once; `expect` polls once a second after the first few attempts.
        self.page.wait_for_selector(SETTLED, state="attached", timeout=TIMEOUT_MS)
        expect(self.page.locator("#play-decoded")).to_have_attribute("data-audio-digest", DIGEST)
        return self

    def settle_and_idle(self) -> Explorer:
        """Settle and wait until the page is idle."""
        wait_until_idle(self.settle().page)
        return self

    def upload(self, path: Path) -> Explorer:
        self.page.set_input_files("#file", path)
        return self.wait_for_recording(path.name)

    def wait_for_recording(self, name: str) -> Explorer:
        """Wait until the file of that name is the open recording."""
        expect(self.page.locator("#recent-files [aria-pressed=true]")).to_contain_text(name)
        return self.settle()

    def choose_layer(self, number: int) -> Explorer:
        self.page.get_by_text(f"Layer {number}", exact=True).click()
        expect(self.page.get_by_role("radio", name=f"Layer {number}")).to_be_checked()
        return self.settle()

    def row(self, place: int) -> Locator:
        """The slider row at a place in the list; 0 is the most informative dimension."""
        return self.page.locator("#sliders .slider").nth(place)

    def slider(self, place: int) -> Locator:
        return self.row(place).get_by_role("slider")

    def drag(self, place: int, to: float, steps: int = 8) -> float:
        """Drag a slider by mouse to `to`, from 0 at its left to 1; returns its new value."""
        self.slider(place).scroll_into_view_if_needed()
        box = self.slider(place).bounding_box()
        assert box is not None
        middle = box["y"] + box["height"] / 2
        self.page.mouse.move(box["x"] + box["width"] / 2, middle)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + box["width"] * to, middle, steps=steps)
        self.page.mouse.up()
        return float(self.slider(place).input_value())

    def evict_clip(self) -> None:
        """Delete the open clip from the server."""
        clip = self.decodes()[-1]["clip"]
        assert self.page.request.delete(f"{self.address}/clips/{clip}").ok

    def address_with(self, text: str) -> str:
        """The fragment of the page's address, once it contains `text`."""
        expect(self.page).to_have_url(re.compile(re.escape(text)))
        return self.page.url[self.page.url.index("#") :]

    def record_sounds(self) -> Explorer:
        """Record every sound that starts or ends from now on."""
        self.page.evaluate(RECORD_SOUNDS)
        return self

    def sounds(self, minimum: int = 0) -> list[dict[str, str]]:
        """Sounds that started since `record_sounds` ("" is silence), with the contents of the decoded lane;
        waits for at least `minimum` of them.
        """
        self.page.wait_for_function("minimum => window.sounds.length >= minimum", arg=minimum, timeout=TIMEOUT_MS)
        sounds: list[dict[str, str]] = self.page.evaluate("window.sounds")
        return sounds

    def wait_for_sound(self, side: str) -> None:
        """Wait until that sound has started since `record_sounds`."""
        started = "side => window.sounds.some((sound) => sound.side === side)"
        self.page.wait_for_function(started, arg=side, timeout=TIMEOUT_MS)

    @property
    def digest(self) -> str:
        """SHA-256 of the WAV file of the decoded sound."""
        return self.settle().page.get_attribute("#play-decoded", "data-audio-digest") or ""

    @property
    def picture(self) -> str:
        """Pixels of the decoded spectrogram, as a data URL."""
        self.settle()
        return self.canvas("decoded")

    def canvas(self, name: str) -> str:
        """Pixels of a canvas, as a data URL."""
        pixels: str = self.page.locator(f"#{name}").evaluate("canvas => canvas.toDataURL()")
        return pixels

    def decodes(self) -> list[dict[str, Any]]:
        """Bodies of all requests to /decode so far."""
        return list(self.decode_requests)


Opener = Callable[..., Explorer]
