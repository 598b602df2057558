"""The page in Chromium with the shipped model and a recording of one second: what a person waits for.

The baseline of the movements is the bare request: the same body sent to /decode from the page by `fetch`, and its
answer read; the page itself sends it as a message of its WebSocket, which the row of bare messages measures alone. What
a movement takes beyond that is the page's own, and the screen's: a picture that needs no request waits for the next
frame too, as the row of bare pictures shows.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, WebSocket, sync_playwright

from benchmarks.chromium import launch
from benchmarks.service import service
from benchmarks.timing import quantiles
from trainer.audio.files import encode_wav

SECONDS, RATE = 1.0, 16_000
OPENINGS = 10
MILLION = 1e6

_SETTLED = "#explorer[data-phase=ready][data-decoding=false]"

_WATCH = """
// When the decoded spectrogram was last painted, and when a sound was last begun: both in the page's own clock.
globalThis.watched = { painted: 0, painting: 0, begun: 0 };
const put = CanvasRenderingContext2D.prototype.putImageData;
CanvasRenderingContext2D.prototype.putImageData = function (...given) {
  put.apply(this, given);
  if (this.canvas.id !== "decoded") return;
  watched.painting += 1;
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => (watched.painted = performance.now()); // the frame with the picture in it is done
    port2.postMessage(0);
  });
};
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (...given) {
  start.apply(this, given);
  watched.begun = performance.now();
};
"""

_MOVE = """async ([value, dim]) => {
  const slider = document.querySelector(`#sliders [data-dim="${dim}"] input[type=range]`);
  const until = async (done) => { while (!done()) await new Promise((resolve) => setTimeout(resolve, 1)); };
  const moved = performance.now();
  slider.value = value;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  await until(() => watched.painted > moved);
  const painted = watched.painted - moved;
  const released = performance.now();
  slider.dispatchEvent(new Event("change", { bubbles: true }));
  await until(() => watched.begun > released);
  return [painted, watched.begun - released];
}"""

_FETCH = """async (body) => {
  const asked = performance.now();
  await (await fetch("decode", { method: "POST", headers: { "Content-Type": "application/json" }, body })).json();
  return performance.now() - asked;
}"""

_MESSAGE = """async (body) => {
  const live = (globalThis.live ??= new WebSocket(new URL("decode", document.baseURI.replace("http", "ws"))));
  if (live.readyState === WebSocket.CONNECTING) await new Promise((opened) => (live.onopen = opened));
  const asked = performance.now();
  const answered = new Promise((done) => {
    let seen = 0;
    live.onmessage = ({ data }) => {
      if (typeof data !== "string") return done(seen); // the sound, which comes after what is seen
      JSON.parse(data);
      seen = performance.now() - asked;
    };
  });
  live.send(body);
  return answered;
}"""

_DRAW = """async () => {
  const { width, height } = document.getElementById("decoded");
  const context = document.getElementById("decoded").getContext("2d");
  const drawn = performance.now();
  context.putImageData(context.getImageData(0, 0, width, height), 0, 0);
  while (!(watched.painted > drawn)) await new Promise((resolve) => setTimeout(resolve, 1));
  return watched.painted - drawn;
}"""

_LOADED = """() => performance.getEntries()
  .filter((entry) => entry.entryType === "navigation" || entry.initiatorType !== "fetch")
  .reduce((bytes, { transferSize }) => bytes + (transferSize ?? 0), 0)"""


def rows(repeats: int) -> Iterator[dict[str, Any]]:
    """From address to a page in use, and its weight; from a movement to its picture, from letting go to its sound."""
    with service() as serving, sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        chromium = launch(playwright, "--autoplay-policy=no-user-gesture-required")
        address = f"http://127.0.0.1:{serving.port}/"
        recording = Path(folder) / "noise.wav"
        noise = 0.1 * np.random.default_rng(0).normal(size=round(SECONDS * RATE))
        recording.write_bytes(encode_wav(noise.astype(np.float32), RATE))

        usable, weight = [], 0.0
        for _ in range(OPENINGS):
            page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
            page.add_init_script(_WATCH)
            page.goto(address)
            page.wait_for_function("() => watched.painted > 0")
            usable.append(page.evaluate("() => watched.painted"))
            weight = page.evaluate(_LOADED)
            page.context.close()
        timed = quantiles(usable)
        yield {"what": "address to first picture", **timed, "n": OPENINGS, "first_load_mb": round(weight / MILLION, 3)}

        page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.add_init_script(_WATCH)
        sent: list[str] = []
        page.on("websocket", lambda live: _hear(live, sent))
        page.goto(address)
        page.wait_for_selector(_SETTLED)
        page.set_input_files("#file", recording)
        page.get_by_text(recording.name).first.wait_for()
        page.wait_for_selector(_SETTLED)
        yield {"what": "bare picture", **quantiles(_paused(page, _DRAW, repeats)), "n": repeats}
        for module in page.locator("#modules input").all():
            yield from _movements(page, int(module.get_attribute("value") or ""), sent, repeats)
        chromium.close()


def _hear(live: WebSocket, sent: list[str]) -> None:
    def note(body: str | bytes) -> None:
        sent.append(str(body))

    live.on("framesent", note)


def _paused(page: Page, script: str, repeats: int) -> list[float]:
    """What `script` measures, time and again, each time at another moment of the screen's frame."""
    draw, times = random.Random(0), []
    for _ in range(repeats):
        times.append(page.evaluate(script))
        page.wait_for_timeout(draw.uniform(20, 60))
    return times


def _movements(page: Page, module: int, sent: list[str], repeats: int) -> Iterator[dict[str, Any]]:
    """`sent` is what the page has sent over its WebSocket, and goes on to send."""
    sent.clear()
    page.locator(f'#modules input[value="{module}"]').set_checked(True, force=True)
    while not sent:
        page.wait_for_timeout(10)
    page.wait_for_selector(_SETTLED)
    draw, request = random.Random(0), sent[0]
    bare = [page.evaluate(_FETCH, request) for _ in range(repeats)]
    messages = [page.evaluate(_MESSAGE, request) for _ in range(repeats)]
    dims = [int(row.get_attribute("data-dim") or "") for row in page.locator("#sliders .slider").all()[:8]]
    times = []
    for _ in range(repeats):
        times.append(page.evaluate(_MOVE, [f"{draw.uniform(-3, 3):.2f}", draw.choice(dims)]))
        page.wait_for_timeout(draw.uniform(20, 60))
    baseline = quantiles(bare)
    yield {"what": "bare request", "module": module, **baseline, "ratio": 1.0, "n": repeats}
    measured = zip(
        ("bare message", "movement to picture", "release to sound"), (messages, *np.transpose(times)), strict=True
    )
    for what, found in measured:
        timed = quantiles(found)
        ratio = round(timed["median_ms"] / baseline["median_ms"], 2)
        yield {"what": what, "module": module, **timed, "ratio": ratio, "n": repeats}
