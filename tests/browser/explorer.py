"""The explorer as a person has it before them: the open page, and what is done with it."""

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
PATIENCE_MS = 60_000

expect.set_options(timeout=PATIENCE_MS)

PLAYHEAD = """(() => {
    const playhead = document.getElementById("playhead");
    const share = parseFloat(getComputedStyle(playhead).translate) / playhead.parentElement.clientWidth;
    return share < 0 ? NaN : share;
})()"""
"""Where the playhead is, as a share of what is seen; NaN when nothing plays."""

HEARD = """() => {
    const [lanes, caption, canvas] = ["lanes", "decoded-caption", "decoded"].map((id) => document.getElementById(id));
    const shown = () => ({ caption: caption.textContent, picture: canvas.toDataURL() });
    window.sounds = [];
    window.listening ??= new MutationObserver(([{ oldValue }]) => {
        const side = lanes.dataset.playing;
        if (side !== (oldValue ?? "")) window.sounds.push({ side, ...shown() });
    });
    window.listening.observe(lanes, { attributeFilter: ["data-playing"], attributeOldValue: true });
}"""


def is_decode(request: Request) -> bool:
    return request.url.endswith("/decode")


@dataclass
class Explorer:
    """The open page: where things are, and what it said and asked meanwhile."""

    page: Page
    address: str
    console: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    """The bodies of all requests to /decode, posted or sent over the WebSocket, in their order."""
    at_once: list[int] = field(default_factory=list)
    """How many of them waited for an answer when each of them was sent, itself included."""
    answered: int = 0

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.console.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.console.append(f"uncaught: {error}"))
        self.page.on("request", self._requested)
        for end in ("requestfinished", "requestfailed"):
            self.page.on(end, lambda request: self._answered() if is_decode(request) else None)
        self.page.on("websocket", self._connected)

    def _requested(self, request: Request) -> None:
        self.requests.append(request)
        if is_decode(request):
            self._asked(request.post_data or "{}")

    def _connected(self, live: WebSocket) -> None:
        live.on("framesent", self._asked)
        live.on("framereceived", lambda part: self._answered() if isinstance(part, str) else None)  # the sound follows

    def _asked(self, body: str) -> None:
        self.asked.append(json.loads(body))
        self.at_once.append(len(self.asked) - self.answered)

    def _answered(self) -> None:
        self.answered += 1

    def open(self, choice: str = "") -> Explorer:
        """Open the page with `choice` in its address, and wait until it has settled."""
        self.page.goto(f"{self.address}/{choice}")
        return self.settle()

    def settle(self) -> Explorer:
        """Wait until the recording is open and the sound belongs to what the sliders say."""
        # Seen at once, where `expect` looks once a second after the first few times.
        self.page.wait_for_selector(SETTLED, state="attached", timeout=PATIENCE_MS)
        expect(self.page.locator("#play-decoded")).to_have_attribute("data-audio-digest", DIGEST)
        return self

    def upload(self, path: Path) -> Explorer:
        self.page.set_input_files("#file", path)
        return self.opened(path.name)

    def opened(self, name: str) -> Explorer:
        """Wait until a file of that name is the recording on the page."""
        expect(self.page.locator("#recent-files [aria-pressed=true]")).to_contain_text(name)
        return self.settle()

    def module(self, number: int) -> Explorer:
        self.page.get_by_text(f"Module {number}", exact=True).click()
        expect(self.page.get_by_role("radio", name=f"Module {number}")).to_be_checked()
        return self.settle()

    def row(self, place: int) -> Locator:
        """The slider row at a place in the list, 0 the most telling dimension."""
        return self.page.locator("#sliders .slider").nth(place)

    def slider(self, place: int) -> Locator:
        return self.row(place).get_by_role("slider")

    def drag(self, place: int, to: float, steps: int = 8) -> float:
        """Drag a slider by mouse to `to`, from 0 at its left to 1; returns the value it has then."""
        self.slider(place).scroll_into_view_if_needed()
        box = self.slider(place).bounding_box()
        assert box is not None
        middle = box["y"] + box["height"] / 2
        self.page.mouse.move(box["x"] + box["width"] / 2, middle)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + box["width"] * to, middle, steps=steps)
        self.page.mouse.up()
        return float(self.slider(place).input_value())

    def forget(self) -> None:
        """Make the server forget the clip that is open."""
        clip = self.decodes()[-1]["clip"]
        assert self.page.request.delete(f"{self.address}/clips/{clip}").ok

    def choice(self, holds: str) -> str:
        """The page's address from the # on, once it holds `holds`."""
        expect(self.page).to_have_url(re.compile(re.escape(holds)))
        return self.page.url[self.page.url.index("#") :]

    def listen(self) -> Explorer:
        """Take notes from now on of what is heard."""
        self.page.evaluate(HEARD)
        return self

    def sounds(self, least: int = 0) -> list[dict[str, str]]:
        """What began to be heard since `listen` ("" is silence), with what the decoded lane showed then, once there are
        at least so many.
        """
        self.page.wait_for_function("least => window.sounds.length >= least", arg=least, timeout=PATIENCE_MS)
        notes: list[dict[str, str]] = self.page.evaluate("window.sounds")
        return notes

    def hear(self, side: str) -> None:
        """Wait until that side has been heard, if only for a moment, since `listen`."""
        heard = "side => window.sounds.some((sound) => sound.side === side)"
        self.page.wait_for_function(heard, arg=side, timeout=PATIENCE_MS)

    @property
    def digest(self) -> str:
        """SHA-256 of the decoded sound's file."""
        return self.settle().page.get_attribute("#play-decoded", "data-audio-digest") or ""

    @property
    def picture(self) -> str:
        """The decoded spectrogram's pixels, as a data URL."""
        self.settle()
        return self.canvas("decoded")

    def canvas(self, name: str) -> str:
        """The pixels of one of the time line's canvases, as a data URL."""
        pixels: str = self.page.locator(f"#{name}").evaluate("canvas => canvas.toDataURL()")
        return pixels

    def decodes(self) -> list[dict[str, Any]]:
        """The bodies of all requests to /decode so far."""
        return list(self.asked)


Opener = Callable[..., Explorer]
