// @ts-check
/** The explorer's one state object, who is told when it changes, and what follows from it. No DOM. */

/** @typedef {"add" | "set"} Op what a slider's value does to its dimension: shift it, or hold it there */
/** @typedef {{[dim: number]: number}} Values the touched sliders of one module */
/** @typedef {"original" | "decoded" | number} Side what can be heard: the recording, what the sliders make of it, or its unedited decoding from the module of that number */
/** @typedef {import("./api.js").Encoded} Encoded */
/** @typedef {import("./api.js").Decoded} Decoded */
/** @typedef {import("./api.js").DecodeRequest} DecodeRequest */
/** @typedef {{name: string, clip: string, file: Blob | null, encoded: Encoded | null}} Recording `file` and `encoded` are null for a clip known only by its address */
/** @typedef {{kind: "error" | "note", title: string, detail: string}} Notice */
/** @typedef {"starting" | "opening" | "ready" | "empty" | "asking" | "failed"} Phase */

/**
 * What was chosen; the address holds exactly this.
 * @typedef {object} Choice
 * @property {string | null} model
 * @property {number | null} module counted from 1
 * @property {string | null} example its id, or
 * @property {string | null} clip the server's name for an opened file
 * @property {string | null} file that file's name
 * @property {Op} op
 * @property {"mean" | "sample"} base
 * @property {number} seed
 * @property {{[module: number]: Values}} edits
 */

/**
 * What is known.
 * @typedef {object} Knowledge
 * @property {import("./api.js").ModelSummary[]} models
 * @property {import("./api.js").Model | null} card the chosen model's facts
 * @property {import("./api.js").Example[]} examples
 * @property {Recording | null} recording
 * @property {(Decoded & {request: DecodeRequest}) | null} decoded
 * @property {{[module: number]: Decoded | null}} layers the clip's unedited decodings, as far as they are fetched; null where a module has no decoder
 * @property {Side | null} heard what is playing
 * @property {Phase} phase
 * @property {boolean} decoding
 * @property {Notice | null} notice
 */

/** @typedef {Choice & Knowledge} State */

/** The sliders' range, in units of the latent space: N(0, 1) is inside it 99.7 % of the time. */
export const LIMIT = 3;

/** @type {Choice} */
export const NOTHING_CHOSEN = {
  model: null, module: null, example: null, clip: null, file: null, op: "add", base: "mean", seed: 0, edits: {},
};

/** The keys that decide how the clip sounds. */
export const SOUND = /** @type {const} */ (["recording", "module", "op", "base", "seed", "edits"]);

/** The keys the address holds. */
export const CHOICE = /** @type {(keyof Choice)[]} */ (Object.keys(NOTHING_CHOSEN));

/**
 * @typedef {object} Store
 * @property {Readonly<State>} state
 * @property {(patch: Partial<State>) => void} set
 * @property {(keys: readonly (keyof State)[], listener: () => void) => void} on
 */

/**
 * @param {Choice} choice
 * @returns {Store}
 */
export function createStore(choice) {
  /** @type {State} */
  let state = {
    ...choice, models: [], card: null, examples: [], recording: null, decoded: null, layers: {}, heard: null, phase: "starting",
    decoding: false, notice: null,
  };
  /** @type {{keys: readonly (keyof State)[], listener: () => void}[]} */
  const listeners = [];
  return {
    get state() {
      return state;
    },
    set(patch) {
      const before = state;
      state = { ...state, ...patch };
      const changed = new Set(Object.keys(patch).filter((key) => Reflect.get(before, key) !== Reflect.get(state, key)));
      for (const { keys, listener } of listeners) if (keys.some((key) => changed.has(key))) listener();
    },
    on(keys, listener) {
      listeners.push({ keys, listener });
    },
  };
}

/**
 * @param {number} value
 * @returns {number} inside the sliders' range
 */
export const clamp = (value) => Math.min(LIMIT, Math.max(-LIMIT, value));

/**
 * @param {State} state
 * @returns {Values} the touched sliders of the chosen module
 */
export function valuesOf({ module, edits }) {
  return (module !== null && edits[module]) || {};
}

/**
 * The edits with one slider moved, or let go (`null`). A shift by nothing is no edit, so its slider is let go too.
 * @param {State} state
 * @param {number} dim
 * @param {number | null} value
 * @returns {State["edits"]}
 */
export function withValue({ module, edits, op }, dim, value) {
  if (module === null) return edits;
  const { [dim]: _, ...others } = edits[module] ?? {};
  const untouched = value === null || (op === "add" && value === 0);
  return { ...edits, [module]: untouched ? others : { ...others, [dim]: clamp(value) } };
}

/**
 * The same edits said the other way, around each clip mean: holding a dimension where its shifted mean lies, or back.
 * @param {State} state
 * @param {Op} op
 * @returns {State["edits"]}
 */
export function saidAs(state, op) {
  if (op === state.op) return state.edits;
  return mapEdits(state.edits, (value, dim, module) => {
    const mean = summaryOf(state, module)?.mean[dim] ?? 0;
    const said = clamp(Math.round((op === "set" ? value + mean : value - mean) * 100) / 100);
    return op === "add" && said === 0 ? null : said;
  });
}

/**
 * The chosen module and edits, as far as a model has them: without the module, its deepest one; without the dimension, no edit.
 * @param {Choice} choice
 * @param {import("./api.js").Model} card
 * @returns {Pick<Choice, "module" | "edits">}
 */
export function fitted({ module, edits }, { modules }) {
  const dims = new Map(modules.map((one) => [one.module, one.dims]));
  return {
    module: module !== null && dims.has(module) ? module : Math.max(...dims.keys()),
    edits: mapEdits(edits, (value, dim, at) => (dim < (dims.get(at) ?? 0) ? value : null)),
  };
}

/**
 * What the chosen module's posterior is like over this clip.
 * @param {State} state
 * @param {number | null} module
 * @returns {import("./api.js").Summary | null} null when the page does not have the recording, or has it from another model
 */
export function summaryOf({ recording, model }, module) {
  const encoded = recording?.encoded;
  return (encoded?.model === model && encoded?.modules.find((one) => one.module === module)) || null;
}

/**
 * @param {Choice["edits"]} edits
 * @param {(value: number, dim: number, module: number) => number | null} change null drops the edit
 * @returns {Choice["edits"]}
 */
export function mapEdits(edits, change) {
  /** @type {Choice["edits"]} */
  const changed = {};
  for (const [module, values] of Object.entries(edits)) {
    for (const [dim, value] of Object.entries(values)) {
      const now = change(value, Number(dim), Number(module));
      if (now !== null) (changed[Number(module)] ??= {})[Number(dim)] = now;
    }
  }
  return changed;
}

/**
 * @param {State} state
 * @returns {DecodeRequest | null} null while there is nothing to decode
 */
export function decodeRequest(state) {
  const { model, module, recording, base, seed, op } = state;
  if (!model || !module || !recording) return null;
  const edits = Object.entries(valuesOf(state)).map(([dim, value]) => ({ dim: Number(dim), op, value }));
  return { model, module, clip: recording.clip, base, seed, edits };
}

/**
 * @param {State} state
 * @param {number} module
 * @returns {DecodeRequest | null} for what this module keeps of the clip, unedited
 */
export const layerRequest = (state, module) => decodeRequest({ ...state, module, edits: {} });

/**
 * @param {State} state
 * @returns {{side: Side, sound: Decoded | null}} what the lane of the decoded sound shows: the layer that is heard, otherwise what the sliders make
 */
export function pictured({ heard, layers, decoded }) {
  const layer = typeof heard === "number" ? layers[heard] : null;
  return heard !== null && layer ? { side: heard, sound: layer } : { side: "decoded", sound: decoded };
}

/** @param {Side} side */
export const captionOf = (side) => (typeof side === "number" ? `Module ${side}, unedited` : { original: "Original", decoded: "Decoded" }[side]);
