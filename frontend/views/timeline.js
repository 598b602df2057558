// @ts-check
/** Waveform, original and decoded spectrogram on one time axis, with what lies under the pointer and where the sound is. */
import { frequencyTicks, timeTicks } from "../axes.js";
import { colourMap } from "../colours.js";
import { decibels, fixed, hertz } from "../format.js";
import { drawSpectrogram, rangeOf, readSpectrogram } from "../spectrogram.js";
import { captionOf, pictured } from "../state.js";
import { make, part } from "./dom.js";
import { drawScale, drawWaveform } from "./drawing.js";

/** @typedef {import("../spectrogram.js").Range} Range */

const PIXELS_PER_TIME_TICK = 64;
const PIXELS_PER_FREQUENCY_TICK = 22;

/**
 * @param {import("../state.js").Store} store
 * @param {import("../player.js").Player} player
 * @param {(side: import("../state.js").Side, at: number) => void} playFrom
 */
export function showTimeline(store, player, playFrom) {
  const lanes = part("lanes");
  const canvas = (/** @type {string} */ id) => /** @type {HTMLCanvasElement} */ (part(id));
  const axis = /** @type {HTMLElement} */ (canvas("waveform").parentElement);
  const darkness = matchMedia("(prefers-color-scheme: dark)");
  let colours = colourMap(darkness.matches);
  /** @type {Range | null} one for both pictures, so that they compare; it stays while sliders move */
  let range = null;
  /** @type {import("../state.js").Recording | null} whose range that is */
  let rangeIsOf = null;
  /** @type {import("../state.js").Side} what the lowest lane shows */
  let lower = "decoded";

  const original = () => store.state.recording?.encoded?.spectrogram ?? null;
  const decoded = () => pictured(store.state).sound?.spectrogram ?? null;
  const duration = () => store.state.recording?.encoded?.duration ?? store.state.decoded?.duration ?? 0;

  function drawDecoded() {
    const spectrogram = decoded();
    canvas("decoded").hidden = !spectrogram;
    if (spectrogram && range) drawSpectrogram(canvas("decoded"), spectrogram, range, colours, duration());
  }

  function drawOriginal() {
    const { encoded } = store.state.recording ?? {};
    for (const id of ["waveform", "original"]) canvas(id).hidden = !encoded;
    if (!encoded || !range) return;
    drawWaveform(canvas("waveform"), encoded.peaks);
    drawSpectrogram(canvas("original"), encoded.spectrogram, range, colours, encoded.duration);
  }

  function drawAxes() {
    const shown = original() ?? decoded();
    if (!shown || !range) return;
    const times = timeTicks(duration(), axis.clientWidth / PIXELS_PER_TIME_TICK);
    part("times").replaceChildren(...times.map(({ at, label }, index) => tick(at, "left", index ? label : `${label} s`)));
    for (const scale of /** @type {NodeListOf<HTMLElement>} */ (lanes.querySelectorAll(".frequencies"))) {
      const ticks = frequencyTicks(shown.hz, PIXELS_PER_FREQUENCY_TICK / Math.max(1, scale.clientHeight));
      scale.replaceChildren(...ticks.map(({ at, label }) => tick(at, "bottom", label)));
    }
    drawScale(canvas("legend"), colours);
    part("legend-low").textContent = fixed(range.low, 0);
    part("legend-high").textContent = `${fixed(range.high, 0)} dB`;
  }

  function drawAll() {
    drawOriginal();
    drawDecoded();
    drawAxes();
  }

  store.on(["recording"], () => {
    const { recording } = store.state;
    const shown = original();
    if (shown) [range, rangeIsOf] = [rangeOf(shown), recording];
    const empty = part("original-empty");
    empty.hidden = !recording || Boolean(shown);
    empty.textContent = `The server still holds ${recording?.name}, so it can be decoded. Open the file to see and hear the original too.`;
    setMark("--playhead", null);
    drawAll();
  });
  store.on(["decoded"], () => {
    const { recording } = store.state;
    const shown = decoded();
    const first = shown && rangeIsOf !== recording;
    if (first) [range, rangeIsOf] = [rangeOf(shown), recording];
    if (first) drawAll();
    else drawDecoded();
    if (reading) read(reading);
  });
  store.on(["heard"], () => {
    const { side } = pictured(store.state);
    if (side === lower) return;
    lower = side;
    part("decoded-caption").textContent = captionOf(side);
    canvas("decoded").ariaLabel = side === "decoded" ? "Spectrogram of the decoded sound" : `Spectrogram of ${captionOf(side)}`;
    drawDecoded();
    if (reading) read(reading);
  });
  store.on(["module", "decoded", "heard"], () => {
    const { module, decoded: now } = store.state;
    lanes.dataset.stale = String(Boolean(now && now.request.module !== module && lower === "decoded"));
  });
  darkness.addEventListener("change", () => {
    colours = colourMap(darkness.matches);
    drawAll();
  });
  new ResizeObserver(() => {
    drawOriginal();
    drawAxes();
  }).observe(axis);

  /**
   * @param {"--playhead" | "--mark" | "--cursor"} name
   * @param {number | null} seconds null hides the mark
   */
  function setMark(name, seconds) {
    if (seconds === null || !duration()) lanes.style.removeProperty(name);
    else lanes.style.setProperty(name, `${Math.min(1, seconds / duration()) * 100}%`);
  }

  let following = 0;
  function followPlayer() {
    setMark("--playhead", player.position);
    if (player.side) following = requestAnimationFrame(followPlayer);
  }
  player.addEventListener("change", () => {
    lanes.dataset.playing = String(player.side ?? "");
    setMark("--cursor", player.cursor || null);
    cancelAnimationFrame(following);
    followPlayer();
  });

  /** @typedef {{seconds: number, height: number | null}} Reading `height` from 0 to 1 in a spectrogram, null on the waveform */
  /** @type {Reading | null} */
  let reading = null;

  /** @param {Reading | null} at */
  function read(at) {
    reading = duration() ? at : null;
    setMark("--mark", reading?.seconds ?? null);
    const field = store.state.card?.modules.find((one) => one.module === store.state.module)?.receptive_field_seconds ?? 0;
    lanes.style.setProperty("--field", `${(field / (duration() || 1)) * 100}%`);
    part("readout").replaceChildren(...(reading ? readout(reading) : []));
  }

  /**
   * @param {Reading} at
   * @returns {Node[]}
   */
  function readout({ seconds, height }) {
    const said = [make("span", {}, `${fixed(seconds, 3)} s`)];
    if (height === null) return said;
    const [before, after] = [original(), decoded()].map((one) => one && readSpectrogram(one, seconds, height));
    const hz = (before ?? after)?.hz;
    if (hz !== undefined) said.push(make("span", {}, hertz(hz)));
    if (before) said.push(make("span", { className: "original" }, decibels(before.db)));
    if (after) said.push(make("span", { className: "decoded" }, decibels(after.db)));
    return said;
  }

  /**
   * @param {MouseEvent} event
   * @returns {(Reading & {lane: string}) | null} null beside the plots
   */
  function readingAt({ target, clientX, clientY }) {
    const lane = target instanceof Element ? target.closest(".lane") : null;
    const box = lane?.querySelector(".plot")?.getBoundingClientRect();
    if (!(lane instanceof HTMLElement) || !box) return null;
    const across = (clientX - box.left) / box.width;
    if (across < 0 || across > 1) return null;
    const name = String(lane.dataset.lane);
    return { seconds: across * duration(), height: name === "waveform" ? null : 1 - (clientY - box.top) / box.height, lane: name };
  }

  lanes.addEventListener("pointermove", (event) => read(readingAt(event)));
  lanes.addEventListener("pointerleave", () => read(null));
  lanes.addEventListener("blur", () => read(null));
  lanes.addEventListener("click", (event) => {
    const at = readingAt(event);
    if (at) playFrom(at.lane === "decoded" ? lower : "original", at.seconds);
  });
  lanes.addEventListener("keydown", (event) => {
    const shown = original() ?? decoded();
    if (!shown) return;
    const { seconds, height } = { ...(reading ?? { seconds: 0 }), height: reading?.height ?? 0.5 / shown.bands };
    const [right, up] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], Home: [-Infinity, 0], End: [Infinity, 0] }[event.key] ?? [0, 0];
    if (event.key === "Enter") playFrom(lower, seconds);
    if (!right && !up) return;
    event.preventDefault();
    read({
      seconds: Math.min(duration(), Math.max(0, seconds + right * shown.hop)),
      height: Math.min(1 - 0.5 / shown.bands, Math.max(0.5 / shown.bands, height + up / shown.bands)),
    });
    part("spoken").textContent = part("readout").innerText;
  });
}

/**
 * @param {number} at from 0 to 1
 * @param {"left" | "bottom"} side it is measured from
 * @param {string} label
 */
function tick(at, side, label) {
  const element = make("span", { className: at > 0.97 ? "last" : "" }, label);
  element.style[side] = `${at * 100}%`;
  return element;
}
