/** The page's state, its listeners, and values derived from it. No DOM. */
import { editsOfLayer, filterEdits, toWireEdits } from './edits.js';
import { DEFAULT_PREFERENCES } from './preferences.js';

/** @typedef {import('./choice.js').Choice} Choice */
/** @typedef {import('./edits.js').Span} Span */
/** @typedef {import('./edits.js').LayerEdits} LayerEdits */
/** @typedef {import('./edits.js').EditsByLayer} EditsByLayer */
/**
 * @typedef {"cell" | "snapshot" | "blend" | "secondModel" | "ensembleMember"} OtherSound sounds of the panels: a grid
 * cell, snapshot B, a point between two clips, the second model, a model of the ensemble
 */
/**
 * @typedef {"original" | "decoded" | number | OtherSound} SoundName what can be played; a number is the unedited
 * decoding from that layer
 */
/** @typedef {import('../server/api.js').Encoded} Encoded */
/** @typedef {import('../server/api.js').Decoded} Decoded */
/** @typedef {import('../server/api.js').DecodeRequest} DecodeRequest */
/**
 * @typedef {{name: string, clip: string, file: Blob | null, encoded: Encoded | null}} Recording `file` and `encoded`
 * are null for a clip known only from the address
 */
/**
 * @typedef {{kind: "error" | "note", title: string, detail: string, keepEdits?: boolean}} Notice `keepEdits` offers to
 * keep the edits of the previous recording
 */
/**
 * @typedef {Pick<Choice, "model" | "module" | "example" | "clip" | "file" | "base" | "seed" | "editsByLayer">}
 * SoundChoice
 */
/**
 * @typedef {{choice: SoundChoice, recording: Recording | null, decoded: Decoded & {request: DecodeRequest}}} Snapshot
 */
/**
 * Requests in progress, apart from the decoding of the edits.
 * @typedef {"grid" | "cell" | "second" | "interpolation" | "blend" | "secondModelInfo" | "secondModel" | "figure"
 * | "tradeoff" | "points" | "ensemble" | "hotSpotTraversals"} Pending
 */
/** @typedef {"starting" | "opening" | "ready" | "empty" | "asking" | "failed"} Phase */

/**
 * Data from the server, and the state of the page.
 * @typedef {object} Data
 * @property {import('../server/api.js').ModelSummary[]} models
 * @property {import('../server/api.js').Model | null} modelInfo the chosen model
 * @property {import('../server/api.js').Example[]} examples
 * @property {Recording | null} recording
 * @property {readonly import('../features/sources/recent-files.js').RecentFile[]} recentFiles newest first
 * @property {(Decoded & {request: DecodeRequest}) | null} decoded
 * @property {{[module: number]: Decoded | null}} layers unedited decodings of the clip, as far as fetched; null for a
 * layer without a decoder
 * @property {import('../server/api.js').Latents | null} latents posterior of the clip at the chosen layer, while
 * something shows it
 * @property {{[side in OtherSound]?: Decoded}} otherSounds as far as fetched
 * @property {(import('../server/api.js').Traversal & {request: import('../server/api.js').TraverseRequest}) | null}
 * traversal content of the grid, while it is open
 * @property {{row: number, column: number} | null} cell the chosen cell of the traversal
 * @property {Snapshot | null} snapshot snapshot B
 * @property {Recording | null} second the second clip, while it is compared
 * @property {(import('../server/api.js').Interpolation & {request: import('../server/api.js').InterpolateRequest}) |
 * null} interpolation between the clip and the second clip
 * @property {import('../server/api.js').Model | null} secondModelInfo the second model
 * @property {import('../server/figures.js').ReportFigure | null} figure figure of the open panel
 * @property {import('../server/figures.js').ReportFigure | null} tradeoff the figure `tradeoff`, while the distribution
 * panel is open
 * @property {import('../features/ensemble/model.js').Shown | null} ensemble while its panel is open
 * @property {import('../features/ensemble/hot-spot-traversals.js').HotSpotTraversals | null} hotSpotTraversals
 * traversals of the chosen hot spot, one per model
 * @property {import('../features/map/model.js').Points | null} points of the map at the layer they belong to
 * @property {{model: string, unit: import('./choice.js').Unit, index: number} | null} point the chosen point of the map
 * @property {readonly Pending[]} pending
 * @property {SoundName | null} playing
 * @property {import('../audio/clip-player.js').ClipSegment | null} segment the segment of an example that is playing
 * @property {Phase} phase
 * @property {boolean} decoding
 * @property {Span | null} view visible part of the clip; null: all of it
 * @property {readonly number[]} locked dimensions of the chosen layer that edits leave unchanged
 * @property {import('./preferences.js').Preferences} preferences
 * @property {boolean} undoable
 * @property {boolean} redoable
 * @property {Notice | null} notice
 */

/** @typedef {Choice & Data} State */

/** Duration of a sound decoded without a clip. */
export const SECONDS_WITHOUT_CLIP = 2;

/** The keys that decide the decoded sound. */
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
    modelInfo: null,
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
    secondModelInfo: null,
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
    preferences: DEFAULT_PREFERENCES,
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

/**
 * The chosen layer of the model.
 * @param {Pick<State, "modelInfo" | "module">} state
 * @returns {import('../server/api.js').Module | null}
 */
export const chosenLayer = ({ modelInfo, module }) => modelInfo?.modules.find((one) => one.module === module) ?? null;

/** @param {State} state @returns {LayerEdits} the edits of the chosen layer */
export const currentEdits = ({ editsByLayer, module }) => editsOfLayer(editsByLayer, module);

/**
 * Changes the edits of the chosen layer.
 * @param {State} state
 * @param {(layerEdits: LayerEdits) => LayerEdits} change
 * @returns {EditsByLayer}
 */
export function withLayerEdits(state, change) {
  const { editsByLayer, module } = state;
  return module === null ? editsByLayer : { ...editsByLayer, [module]: change(currentEdits(state)) };
}

/**
 * Adapts the choice to another model: the deepest layer if the chosen one is missing, and no edits of missing
 * dimensions.
 * @param {Choice} choice
 * @param {import('../server/api.js').Model} modelInfo
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
 * Summary of the clip's posterior at a layer.
 * @param {State} state
 * @param {number | null} module
 * @returns {import('../server/api.js').Summary | null} null without a recording, or if it was encoded by another model
 */
export function summaryOf({ recording, model }, module) {
  const encoded = recording?.encoded;
  return (encoded?.model === model && encoded?.modules.find((one) => one.module === module)) || null;
}

/**
 * Duration of the clip in seconds; null if unknown.
 * @param {State} state
 */
export const durationOf = ({ recording, decoded }) => recording?.encoded?.duration ?? decoded?.duration ?? null;

/**
 * @param {State} state
 * @returns {DecodeRequest | null} null if there is nothing to decode
 */
export function decodeRequest(state) {
  const { model, module, recording, base, seed } = state;
  const drawn = base === 'prior' || base === 'zero';
  if (!model || !module || !(recording || drawn)) return null;
  const source = recording ? { clip: recording.clip } : { seconds: SECONDS_WITHOUT_CLIP };
  const duration = recording ? (recording.encoded?.duration ?? null) : SECONDS_WITHOUT_CLIP;
  return { model, module, ...source, base, seed, edits: toWireEdits(currentEdits(state), duration) };
}

/**
 * @param {State} state
 * @param {number} module
 * @returns {DecodeRequest | null} for the unedited decoding from a layer
 */
export const layerRequest = (state, module) => decodeRequest({ ...state, module, editsByLayer: {} });

/**
 * @param {State} state
 * @returns {{side: SoundName, sound: Decoded | null}} the sound in the lane of the decoded sound: what is playing, or
 * the edited sound
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
  cell: 'Grid cell',
  snapshot: 'B',
  blend: 'Interpolation',
  secondModel: 'Second model',
  ensembleMember: 'Ensemble model',
};

/** @param {SoundName} name */
export const soundCaption = (name) => (typeof name === 'number' ? `Layer ${name}, unedited` : CAPTIONS[name]);
