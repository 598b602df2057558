// @ts-check
/** The bench of sliders: every dimension of the chosen module, the most telling first, and what moving one means. */
import { summaryOf, saidAs, valuesOf, withValue } from "../state.js";
import { check, make, part } from "./dom.js";
import { createSlider } from "./slider.js";

/** @typedef {import("../api.js").Dimension} Dimension */

const OP_NOTES = {
  add: "A slider shifts its dimension and keeps what the clip does around it.",
  set: "A slider holds its dimension at one value for the whole clip.",
};
const BASE_NOTES = {
  mean: "Decoded from the mean of the posterior.",
  sample: "Decoded from one draw of the posterior; the seed says which.",
};

/**
 * @param {import("../state.js").Store} store
 * @param {() => void} onRelease told when a change is done, so that it can be heard
 */
export function showSliders(store, onRelease) {
  const list = part("sliders");
  const resetAll = /** @type {HTMLButtonElement} */ (part("reset-all"));
  const seed = /** @type {HTMLInputElement} */ (part("seed"));
  /** @type {Map<number, ReturnType<typeof createSlider>>} */
  let sliders = new Map();

  function build() {
    const dimensions = byKl(dimensionsOf(store.state));
    const mostKl = dimensions[0]?.kl ?? 0;
    sliders = new Map(
      dimensions.map((facts) => {
        const move = (/** @type {number | null} */ value) => store.set({ edits: withValue(store.state, facts.dim, value) });
        return [facts.dim, createSlider(facts, mostKl, { move, release: onRelease })];
      }),
    );
    const rows = [...sliders.values()].map(({ element }) => element);
    const firstQuiet = dimensions.findIndex(({ active }) => active === false);
    if (firstQuiet > 0) rows.splice(firstQuiet, 0, make("li", { className: "divider" }, "Hardly used by the model:"));
    list.replaceChildren(...rows);
    show();
  }

  function show() {
    const { op, base } = store.state;
    const values = valuesOf(store.state);
    const summary = summaryOf(store.state, store.state.module);
    for (const [dim, slider] of sliders) {
      slider.show({ op, value: values[dim] ?? null, mean: summary?.mean[dim] ?? null, std: summary?.std[dim] ?? null });
    }
    resetAll.disabled = Object.keys(values).length === 0;
    check("op", op);
    check("base", base);
    part("op-note").textContent = OP_NOTES[op];
    part("base-note").textContent = BASE_NOTES[base];
    seed.disabled = base === "mean";
    if (document.activeElement !== seed) seed.value = String(store.state.seed);
  }

  store.on(["card", "module"], build);
  store.on(["recording"], () => {
    if (dimensionsOf(store.state).some(({ dim, kl }) => kl !== sliders.get(dim)?.kl)) build();
  });
  store.on(["edits", "op", "base", "seed", "recording"], show);

  resetAll.addEventListener("click", () => {
    const { module, edits } = store.state;
    if (module !== null) store.set({ edits: { ...edits, [module]: {} } });
    onRelease();
  });
  part("op").addEventListener("change", ({ target }) => {
    const op = /** @type {HTMLInputElement} */ (target).value === "set" ? "set" : "add";
    store.set({ edits: saidAs(store.state, op), op });
  });
  part("base").addEventListener("change", ({ target }) => {
    store.set({ base: /** @type {HTMLInputElement} */ (target).value === "sample" ? "sample" : "mean" });
    onRelease();
  });
  seed.addEventListener("input", () => {
    if (seed.validity.valid && Number.isFinite(seed.valueAsNumber)) store.set({ seed: seed.valueAsNumber });
  });
  seed.addEventListener("change", onRelease);
}

/**
 * The chosen module's dimensions as the report has them; where it does not know the KL, with the KL over this clip.
 * @param {import("../state.js").State} state
 * @returns {Dimension[]}
 */
function dimensionsOf(state) {
  const summary = summaryOf(state, state.module);
  const dimensions = state.card?.modules.find((one) => one.module === state.module)?.dimensions ?? [];
  return dimensions.map((facts) => ({ ...facts, kl: facts.kl ?? summary?.kl[facts.dim] ?? null }));
}

/**
 * @param {Dimension[]} dimensions
 * @returns {Dimension[]} the largest KL first; where it is unknown, in their own order
 */
function byKl(dimensions) {
  return [...dimensions].sort((one, other) => (other.kl ?? 0) - (one.kl ?? 0) || one.dim - other.dim);
}
