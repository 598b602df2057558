/** The explorer's one state object, who is told when it changes, and what follows from it. No DOM. */
import { filterEdits, editsOfLayer, toWireEdits } from './edits.js';
import { PREFERRED } from './preferences.js';

/** @typedef {import('./choice.js').Choice} Choice */
/** @typedef {import('./edits.js').Span} Span */
/** @typedef {import('./edits.js').EditsByLayer} EditsByLayer */
/** @typedef {"cell" | "snapshot" | "blend" | "secondModel" | "ensembleMember"} OtherSound what is playing beside these: a cell of the grid, the state kept as B, the way to a second clip, another model, a dimension of a model of an ensemble */
/** @typedef {"original" | "decoded" | number | OtherSound} Side what can be playing: the recording, what the sliders make of it, or its unedited decoding from the module of that number */
/** @typedef {import('../server/api.js').Encoded} Encoded */
/** @typedef {import('../server/api.js').Decoded} Decoded */
/** @typedef {import('../server/api.js').DecodeRequest} DecodeRequest */
/** @typedef {{name: string, clip: string, file: Blob | null, encoded: Encoded | null}} Recording `file` and `encoded` are null for a clip known only by its address */
/** @typedef {{kind: "error" | "note", title: string, detail: string}} Notice */
/** @typedef {Pick<Choice, "model" | "module" | "example" | "clip" | "file" | "base" | "seed" | "editsByLayer">} SoundChoice */
/** @typedef {{choice: SoundChoice, recording: Recording | null, decoded: Decoded & {request: DecodeRequest}}} Snapshot */
/** @typedef {"grid" | "cell" | "second" | "interpolation" | "blend" | "card" | "secondModel" | "figure" | "tradeoff" | "points" | "ensemble" | "hotSpotTraversals"} Pending what else than the sliders' sound is awaited */
/** @typedef {"starting" | "opening" | "ready" | "empty" | "asking" | "failed"} Phase */

/**
 * What is known.
 * @typedef {object} Knowledge
 * @property {import('../server/api.js').ModelSummary[]} models
 * @property {import('../server/api.js').Model | null} card the chosen model's facts
 * @property {import('../server/api.js').Example[]} examples
 * @property {Recording | null} recording
 * @property {readonly import('../features/sources/recent-files.js').Recent[]} recentFiles files opened lately, newest first
 * @property {(Decoded & {request: DecodeRequest}) | null} decoded
 * @property {{[module: number]: Decoded | null}} layers the clip's unedited decodings, as far as they are fetched; null where a module has no decoder
 * @property {import('../server/api.js').Latents | null} latents the clip's posterior in the chosen module, while somebody looks at it
 * @property {{[side in OtherSound]?: Decoded}} otherSounds as far as they were listened to
 * @property {(import('../server/api.js').Traversal & {request: import('../server/api.js').TraverseRequest}) | null} traversal what the grid shows, while it is open
 * @property {{row: number, column: number} | null} cell of the traversal, the chosen one
 * @property {Snapshot | null} snapshot what was kept as B
 * @property {Recording | null} second the second clip, while the way to it is looked at
 * @property {(import('../server/api.js').Way & {request: import('../server/api.js').InterpolateRequest}) | null} interpolation to the second clip
 * @property {import('../server/api.js').Model | null} secondModelCard the other model's facts
 * @property {import('../server/figures.js').Shown | null} figure of the report, while its panel is open
 * @property {import('../server/figures.js').Shown | null} tradeoff the figure of that name, while the prior is looked at
 * @property {import('../features/ensemble/model.js').Shown | null} ensemble while its panel is open
 * @property {import('../features/ensemble/hot-spot-traversals.js').HotSpotTraversals | null} hotSpotTraversals the same traversal in each model of the chosen hot spot
 * @property {import('../features/map/model.js').Points | null} points of the map, as their module has them
 * @property {{model: string, unit: import('./choice.js').Unit, index: number} | null} point of the map, the chosen one
 * @property {readonly Pending[]} pending
 * @property {Side | null} playing what is playing
 * @property {import('../audio/clip-player.js').ClipSegment | null} segment of an example that is playing by itself
 * @property {Phase} phase
 * @property {boolean} decoding
 * @property {Span | null} view what of the clip is seen; null for all of it
 * @property {readonly number[]} locked dimensions of the chosen module that are not to be moved
 * @property {import('./preferences.js').Preferences} preferences
 * @property {boolean} undoable
 * @property {boolean} redoable
 * @property {Notice | null} notice
 */

/** @typedef {Choice & Knowledge} State */

/** What a sound made from nothing lasts, where no clip gives its length. */
export const DRAWN_SECONDS = 2;

/** The keys that decide how the clip sounds. */
export const SOUND_KEYS = /** @type {const} */ (['recording', 'module', 'base', 'seed', 'editsByLayer']);

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
    ...choice,
    models: [],
    card: null,
    examples: [],
    recentFiles: [],
    recording: null,
    decoded: null,
    layers: {},
    latents: null,
    otherSounds: {},
    traversal: null,
    cell: null,
    snapshot: null,
    second: null,
    interpolation: null,
    secondModelCard: null,
    figure: null,
    tradeoff: null,
    ensemble: null,
    hotSpotTraversals: null,
    points: null,
    point: null,
    pending: [],
    playing: null,
    segment: null,
    phase: 'starting',
    decoding: false,
    view: null,
    locked: [],
    preferences: PREFERRED,
    undoable: false,
    redoable: false,
    notice: null,
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

/** @param {State} state */
export const currentEdits = ({ editsByLayer, module }) => editsOfLayer(editsByLayer, module);

/**
 * The editsByLayer with the chosen module's changed.
 * @param {State} state
 * @param {(gesture: import('./edits.js').LayerEdits) => import('./edits.js').LayerEdits} change
 * @returns {EditsByLayer}
 */
export function withLayerEdits(state, change) {
  const { editsByLayer, module } = state;
  return module === null ? editsByLayer : { ...editsByLayer, [module]: change(currentEdits(state)) };
}

/**
 * The chosen module and editsByLayer, as far as a model has them: without the module, its deepest one; without the dimension, no edit.
 * @param {Choice} choice
 * @param {import('../server/api.js').Model} card
 * @returns {Pick<Choice, "module" | "editsByLayer">}
 */
export function fitToModel({ module, editsByLayer }, { modules }) {
  const dims = new Map(modules.map((one) => [one.module, one.dims]));
  const has = (/** @type {number} */ dim, /** @type {number} */ at) => dim < (dims.get(at) ?? 0);
  return {
    module: module !== null && dims.has(module) ? module : Math.max(...dims.keys()),
    editsByLayer: filterEdits(editsByLayer, ({ dim }, at) => has(dim, at), has),
  };
}

/**
 * What the chosen module's posterior is like over this clip.
 * @param {State} state
 * @param {number | null} module
 * @returns {import('../server/api.js').Summary | null} null when the page does not have the recording, or has it from another model
 */
export function summaryOf({ recording, model }, module) {
  const encoded = recording?.encoded;
  return (encoded?.model === model && encoded?.modules.find((one) => one.module === module)) || null;
}

/**
 * How long the clip is, in seconds, as far as that is known.
 * @param {State} state
 */
export const durationOf = ({ recording, decoded }) => recording?.encoded?.duration ?? decoded?.duration ?? null;

/**
 * @param {State} state
 * @returns {DecodeRequest | null} null while there is nothing to decode
 */
export function decodeRequest(state) {
  const { model, module, recording, base, seed } = state;
  const drawn = base === 'prior' || base === 'zero';
  if (!model || !module || !(recording || drawn)) return null;
  const source = recording ? { clip: recording.clip } : { seconds: DRAWN_SECONDS };
  const duration = recording ? (recording.encoded?.duration ?? null) : DRAWN_SECONDS;
  return { model, module, ...source, base, seed, edits: toWireEdits(currentEdits(state), duration) };
}

/**
 * @param {State} state
 * @param {number} module
 * @returns {DecodeRequest | null} for what this module keeps of the clip, unedited
 */
export const layerRequest = (state, module) => decodeRequest({ ...state, module, editsByLayer: {} });

/**
 * @param {State} state
 * @returns {{side: Side, sound: Decoded | null}} what the lane of the decoded sound shows: what is playing, otherwise what the sliders make
 */
export function displayedSound({ playing, layers, otherSounds, decoded }) {
  const sound =
    typeof playing === 'number'
      ? layers[playing]
      : playing === 'original' || playing === 'decoded' || playing === null
        ? null
        : otherSounds[playing];
  return playing !== null && sound ? { side: playing, sound } : { side: 'decoded', sound: decoded };
}

const CAPTIONS = {
  original: 'Original',
  decoded: 'Decoded',
  cell: 'Cell of the grid',
  snapshot: 'B',
  blend: 'Between the clips',
  secondModel: 'The other model',
  ensembleMember: 'A model of the ensemble',
};

/** @param {Side} side */
export const captionOfSide = (side) => (typeof side === 'number' ? `Module ${side}, unedited` : CAPTIONS[side]);
