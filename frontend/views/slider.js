// @ts-check
/** One dimension's row: its facts, its slider over the clip's own values, its exact number, its reset. */
import { fixed, signed } from "../format.js";
import { LIMIT, clamp } from "../state.js";
import { make } from "./dom.js";

/** @typedef {{op: import("../state.js").Op, value: number | null, mean: number | null, std: number | null}} SliderState `value` is null while untouched */

const FINE = 0.01;
const STEP = 0.1;
const LEAP = 0.5;

/** @param {number} value */
const share = (value) => `${((clamp(value) + LIMIT) / (2 * LIMIT)) * 100}%`;

/** @param {number} value */
const rounded = (value) => Math.round(value * 100) / 100;

/**
 * @param {import("../api.js").Dimension} facts
 * @param {number} mostKl of all dimensions of the module, for the length of the bar
 * @param {{move: (value: number | null) => void, release: () => void}} told `move` at every change, null when reset; `release` when a change is done
 * @returns {{element: HTMLLIElement, kl: number | null, show: (state: SliderState) => void}}
 */
export function createSlider({ dim, kl, sensitivity, labels, active }, mostKl, told) {
  const name = `Dimension ${dim}`;
  const range = make("input", { type: "range", min: String(-LIMIT), max: String(LIMIT), step: String(FINE), ariaLabel: name });
  const number = make("input", { type: "number", min: String(-LIMIT), max: String(LIMIT), step: "any", ariaLabel: `${name}, exact value` });
  const reset = make("button", { type: "button", className: "reset", ariaLabel: `${name}, reset`, title: "Reset" });
  const own = make("i", { className: "band own" });
  const moved = make("i", { className: "band moved" });
  const bar = make("i", { className: "bar" });
  bar.hidden = kl === null;
  bar.style.setProperty("--share", String(kl && mostKl ? kl / mostKl : 0));

  const [label] = labels;
  const tag = label ? make("em", { title: `${label.bits.toFixed(2)} bits about ${label.factor}` }, label.factor.replace("_", " ")) : "";
  const element = make(
    "li",
    { className: active === false ? "slider quiet-dim" : "slider" },
    make("span", { className: "name" }, make("b", {}, String(dim)), tag),
    make("span", { className: "fact", title: "KL, nats per frame" }, kl === null ? "–" : fixed(kl, 3), bar),
    make("span", { className: "fact db", title: "dB per unit" }, sensitivity === null ? "–" : fixed(sensitivity, 1)),
    make("span", { className: "track" }, make("span", { className: "scale" }, make("i", { className: "zero" }), own, moved), range),
    number,
    reset,
  );
  element.dataset.dim = String(dim);

  /** @type {SliderState} */
  let shown = { op: "add", value: null, mean: null, std: null };

  /** Where the thumb rests while nobody has touched it. */
  const rest = () => (shown.op === "add" ? 0 : rounded(clamp(shown.mean ?? 0)));

  /** @param {number | null} value */
  function change(value) {
    told.move(value);
    told.release();
  }

  range.addEventListener("input", () => told.move(Number(range.value)));
  range.addEventListener("change", () => told.release());
  range.addEventListener("dblclick", () => change(null));
  range.addEventListener("keydown", (event) => {
    const now = shown.value ?? rest();
    const to = keyTarget(event, now);
    if (to === undefined) return;
    event.preventDefault();
    told.move(to === null ? null : rounded(clamp(to)));
  });
  range.addEventListener("keyup", (event) => {
    if (keyTarget(event, 0) !== undefined) told.release();
  });
  number.addEventListener("input", () => {
    const typed = number.valueAsNumber;
    if (Number.isFinite(typed) && Math.abs(typed) <= LIMIT) told.move(typed);
  });
  number.addEventListener("change", () => {
    change(Number.isFinite(number.valueAsNumber) ? clamp(number.valueAsNumber) : null);
    number.value = exact();
  });
  reset.addEventListener("click", () => change(null));

  /** What stands in the number's field. */
  const exact = () => (shown.value !== null ? String(shown.value) : shown.op === "add" ? "0" : "");

  function render() {
    const { op, value, mean, std } = shown;
    const touched = value !== null;
    element.classList.toggle("touched", touched);
    range.value = String(value ?? rest());
    range.ariaValueText = touched ? `${op === "add" ? "shifted by" : "set to"} ${signed(value)}` : "untouched";
    // What is being typed is left alone as long as it means the same: "1." is not turned into "1".
    if (document.activeElement !== number || number.valueAsNumber !== (value ?? 0)) number.value = exact();
    number.placeholder = op === "set" && mean !== null ? fixed(mean, 2) : "";
    reset.disabled = !touched;
    stretch(own, mean, std);
    stretch(moved, touched && op === "add" && mean !== null ? mean + value : null, std);
  }
  render();

  return {
    element,
    kl,
    show(state) {
      const same = state.op === shown.op && state.value === shown.value && state.mean === shown.mean && state.std === shown.std;
      shown = state;
      if (!same) render();
    },
  };
}

/**
 * Lays a band over mean ± one standard deviation.
 * @param {HTMLElement} band
 * @param {number | null} mean
 * @param {number | null} std
 */
function stretch(band, mean, std) {
  band.hidden = mean === null || std === null;
  if (mean === null || std === null) return;
  band.style.left = share(mean - std);
  band.style.right = `calc(100% - ${share(mean + std)})`;
}

/**
 * @param {KeyboardEvent} event
 * @param {number} now
 * @returns {number | null | undefined} where the key moves the slider to, null to reset it, undefined for a key that means nothing here
 */
function keyTarget({ key, shiftKey, ctrlKey, altKey, metaKey }, now) {
  if (ctrlKey || altKey || metaKey) return undefined;
  const step = shiftKey ? FINE : STEP;
  switch (key) {
    case "ArrowRight":
    case "ArrowUp":
      return now + step;
    case "ArrowLeft":
    case "ArrowDown":
      return now - step;
    case "PageUp":
      return now + LEAP;
    case "PageDown":
      return now - LEAP;
    case "Home":
      return -LIMIT;
    case "End":
      return LIMIT;
    case "Delete":
    case "Backspace":
    case "Escape":
      return null;
    default:
      return undefined;
  }
}
