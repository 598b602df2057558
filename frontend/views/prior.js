// @ts-check
/** How far out the decoded latents lie: a light, a word and two numbers. */
import { fixed } from "../format.js";
import { pictured } from "../state.js";
import { make, part } from "./dom.js";

/** @typedef {import("../api.js").Decoded} Decoded */

/** Shares of the corpus frames that lie farther out, at which the light turns. */
const EDGE = 0.05;
const OUTSIDE = 0.001;

const WORDS = {
  within: "within the corpus",
  edge: "at the edge of the corpus",
  outside: "outside the corpus",
};
const MEANINGS = {
  within: "The decoder knows such latents well.",
  edge: "The decoder met few such latents: it may still follow.",
  outside: "The decoder hardly ever met such latents: what it makes of them says little.",
};

/** @param {number} beyond share of corpus frames @returns {keyof typeof WORDS} */
const stateOf = (beyond) => (beyond < OUTSIDE ? "outside" : beyond < EDGE ? "edge" : "within");

/** @param {number} share */
const percent = (share) => `${share > 0 && share < 0.01 ? fixed(share * 100, 1) : Math.round(share * 100)} %`;

/** @param {import("../state.js").Store} store */
export function showPrior(store) {
  store.on(["decoded", "heard"], () => part("prior").replaceChildren(...told(pictured(store.state).sound)));
}

/**
 * @param {Decoded | null} decoded
 * @returns {Node[]}
 */
function told(decoded) {
  const { rms, beyond } = decoded?.prior ?? {};
  const said = [];
  if (typeof beyond === "number") said.push(light(stateOf(beyond), beyond));
  if (typeof rms === "number") said.push(make("span", { title: "Root mean square of the latents; of a draw from N(0, I) it is 1" }, `rms ${fixed(rms, 2)} of 1`));
  if (decoded?.limited) said.push(make("span", { title: "The sound was louder than a file can hold, and was turned down as a whole" }, "turned down to fit"));
  return said;
}

/**
 * @param {keyof typeof WORDS} state
 * @param {number} beyond
 */
function light(state, beyond) {
  const span = make(
    "span",
    { className: "light", title: `${percent(beyond)} of the frames of the training speech lie farther from zero than these latents. ${MEANINGS[state]}` },
    make("i", { ariaHidden: "true" }),
    `${WORDS[state]}: ${percent(beyond)} of it lies farther out`,
  );
  span.dataset.state = state;
  return span;
}
