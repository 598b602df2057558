// @ts-check
/** What is known of one dimension and what can be done with it as a whole: the card that unfolds beneath its slider. */
import { fixed } from "../format.js";
import { make } from "./dom.js";

/** @typedef {import("./slider.js").SliderState & {sweeping: boolean}} CardState */

/**
 * @param {import("../api.js").Dimension} facts
 * @param {{mute: () => void, lock: () => void, sweep: () => void}} told
 */
export function createCard(facts, told) {
  const { dim } = facts;
  const buttons = {
    sweep: make("button", { type: "button", title: "S" }, "Sweep"),
    mute: make("button", { type: "button", title: "M" }, "Mute"),
    lock: make("button", { type: "button", title: "L" }, "Lock"),
  };
  const own = make("span");
  const about = make("p", { className: "about" }, ...corpusWords(facts).map((said) => make("span", {}, said)), own);
  for (const [action, button] of Object.entries(buttons)) {
    button.ariaLabel = `Dimension ${dim}, ${action}`;
    button.addEventListener("click", told[/** @type {keyof typeof told} */ (action)]);
  }
  return {
    element: make("div", { className: "card" }, make("div", { className: "card-actions" }, ...Object.values(buttons)), about),
    /** @param {CardState} state */
    show({ muted, locked, sweeping, mean, std }) {
      buttons.mute.setAttribute("aria-pressed", String(muted));
      buttons.lock.setAttribute("aria-pressed", String(locked));
      buttons.sweep.setAttribute("aria-pressed", String(sweeping));
      buttons.sweep.disabled = locked;
      own.textContent = mean === null || std === null ? "" : `in this clip ${fixed(mean, 2)} ± ${fixed(std, 2)}`;
    },
  };
}

/**
 * @param {import("../api.js").Dimension} facts
 * @returns {string[]} what the report says, in words
 */
function corpusWords({ kl, sensitivity, mean, std, labels }) {
  const said = [];
  if (typeof mean === "number" && typeof std === "number") said.push(`in the corpus ${fixed(mean, 2)} ± ${fixed(std, 2)}`);
  if (kl !== null) said.push(`${fixed(kl / Math.LN2, 2)} bits a frame`);
  if (sensitivity !== null) said.push(`${fixed(sensitivity, 1)} dB a unit`);
  for (const { factor, bits } of labels) said.push(`${factor.replace("_", " ")} ${fixed(bits, 2)} bits`);
  return said;
}
