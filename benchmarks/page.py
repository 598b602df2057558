"""Latency of the page in Chromium, with the shipped model and a recording of one second.

Slider moves are compared with two baselines, which send the same body from the page: "bare request" by `fetch` to
/decode, and "bare message" over the WebSocket that the page uses. The rest of the time is spent in the page and until
the next frame of the screen: "bare picture" is the time to paint a picture without any request.
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
from trainer.audio import encode_wav

SECONDS, RATE = 1.0, 16_000
OPENINGS = 10
MILLION = 1e6

_SETTLED = "#explorer[data-phase=ready][data-decoding=false]"

_WATCH = """
// Times of the last paint of the decoded spectrogram and of the last start of a sound, by performance.now().
globalThis.watched = { painted: 0, painting: 0, started: 0 };
const put = CanvasRenderingContext2D.prototype.putImageData;
CanvasRenderingContext2D.prototype.putImageData = function (...args) {
  put.apply(this, args);
  if (this.canvas.id !== "decoded") return;
  watched.painting += 1;
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => (watched.painted = performance.now()); // after the frame that shows the picture
    port2.postMessage(0);
  });
};
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (...args) {
  start.apply(this, args);
  watched.started = performance.now();
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
  await until(() => watched.started > released);
  return [painted, watched.started - released];
}"""

_FETCH = """async (body) => {
  const sent = performance.now();
  await (await fetch("decode", { method: "POST", headers: { "Content-Type": "application/json" }, body })).json();
  return performance.now() - sent;
}"""

_MESSAGE = """async (body) => {
  const socket = (globalThis.benchmarkSocket ??= new WebSocket(
    new URL("decode", document.baseURI.replace("http", "ws")),
  ));
  if (socket.readyState === WebSocket.CONNECTING) await new Promise((resolve) => (socket.onopen = resolve));
  const sent = performance.now();
  const response = new Promise((resolve) => {
    let elapsed = 0;
    socket.onmessage = ({ data }) => {
      if (typeof data !== "string") return resolve(elapsed); // the sound follows the JSON
      JSON.parse(data);
      elapsed = performance.now() - sent;
    };
  });
  socket.send(body);
  return response;
}"""

_DRAW = """async () => {
  const { width, height } = document.getElementById("decoded");
  const context = document.getElementById("decoded").getContext("2d");
  const drawn = performance.now();
  context.putImageData(context.getImageData(0, 0, width, height), 0, 0);
  while (!(watched.painted > drawn)) await new Promise((resolve) => setTimeout(resolve, 1));
  return watched.painted - drawn;
}"""

_LOADED_BYTES = """() => performance.getEntries()
  .filter((entry) => entry.entryType === "navigation" || entry.initiatorType !== "fetch")
  .reduce((bytes, { transferSize }) => bytes + (transferSize ?? 0), 0)"""


def rows(repeats: int) -> Iterator[dict[str, Any]]:
    """Page load time and size; then, per layer, time from slider move to picture and from release to sound."""
    with service() as serving, sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        chromium = launch(playwright, "--autoplay-policy=no-user-gesture-required")
        address = f"http://127.0.0.1:{serving.port}/"
        recording = Path(folder) / "noise.wav"
        noise = 0.1 * np.random.default_rng(0).normal(size=round(SECONDS * RATE))
        recording.write_bytes(encode_wav(noise.astype(np.float32), RATE))

        load_times, size = [], 0.0
        for _ in range(OPENINGS):
            page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
            page.add_init_script(_WATCH)
            page.goto(address)
            page.wait_for_function("() => watched.painted > 0")
            load_times.append(page.evaluate("() => watched.painted"))
            size = page.evaluate(_LOADED_BYTES)
            page.context.close()
        timed = quantiles(load_times)
        yield {"what": "address to first picture", **timed, "n": OPENINGS, "first_load_mb": round(size / MILLION, 3)}

        page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.add_init_script(_WATCH)
        sent: list[str] = []
        page.on("websocket", lambda socket: _record_messages(socket, sent))
        page.goto(address)
        page.wait_for_selector(_SETTLED)
        page.set_input_files("#file", recording)
        page.get_by_text(recording.name).first.wait_for()
        page.wait_for_selector(_SETTLED)
        yield {"what": "bare picture", **quantiles(_repeat(page, _DRAW, repeats)), "n": repeats}
        for module in page.locator("#modules input").all():
            yield from _slider_moves(page, int(module.get_attribute("value") or ""), sent, repeats)
        chromium.close()


def _record_messages(socket: WebSocket, sent: list[str]) -> None:
    def record(body: str | bytes) -> None:
        sent.append(str(body))

    socket.on("framesent", record)


def _repeat(page: Page, script: str, repeats: int) -> list[float]:
    """`repeats` results of `script`, with random pauses so that calls start at any phase of the screen's frame."""
    draw, times = random.Random(0), []
    for _ in range(repeats):
        times.append(page.evaluate(script))
        page.wait_for_timeout(draw.uniform(20, 60))
    return times


def _slider_moves(page: Page, module: int, sent: list[str], repeats: int) -> Iterator[dict[str, Any]]:
    """Rows of one layer. The page's WebSocket messages are appended to `sent`."""
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
