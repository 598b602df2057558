/** What a person can choose; the page's address holds exactly this. Pure. */

/** @typedef {import('./edits.js').Op} Op */
/** @typedef {import('./edits.js').Span} Span */
/** @typedef {import('./edits.js').EditsByLayer} EditsByLayer */
/** @typedef {"mean" | "sample" | "prior" | "zero"} Base the clip's posterior mean, a draw of it, a draw of N(0, I), or zero */
/** @typedef {"sliders" | "grid" | "compare" | "layers" | "map" | "prior" | "ensemble"} Panel */
/** @typedef {"snapshot" | "clips" | "models"} Comparison with a state kept as B, along the way to a second clip, or with another model */
/** @typedef {"bits" | "accuracy" | "margin"} Measure */
/** @typedef {{label: string | null, measure: Measure}} Probed null for the first label */
/** @typedef {"phone" | "frame" | "utterance"} Unit */
/** @typedef {{unit: Unit | null, by: string | null, projection: string | null}} MapChoice null for the page to choose */
/** @typedef {"channels" | "hotspots" | "fusion"} FigureName */
/** @typedef {{ensemble: string | null, spot: number | null, figure: FigureName}} EnsembleChoice null for the first ensemble, and for no hot spot */
/** @typedef {{dim: number | null}} Normality null for the dimension that is farthest from normal */
/**
 * What the grid shows. `dim` goes across, `against` upward; they are meant for `module` alone, and null for the page to choose or for none.
 * @typedef {{module: number | null, dim: number | null, against: number | null, steps: number | null, low: number, high: number}} Grid
 */
/**
 * What is compared. The second clip is an example or, as in Choice, a clip with its file's name; `share` of the way to it, from 0 to 1, in the
 * `top` dimensions that contribute most or, where that is null, in all; `twin` is the other model, null for the page to choose; with `match` one dimension alone moves both.
 * @typedef {{by: Comparison, example: string | null, clip: string | null, file: string | null, share: number, top: number | null, secondModel: string | null, match: import('./dimension-match.js').Match | null}} Compare
 */

/**
 * What was chosen; the address holds exactly this.
 * @typedef {object} Choice
 * @property {string | null} model
 * @property {number | null} module counted from 1
 * @property {string | null} example its id, or
 * @property {string | null} clip the server's name for an opened file
 * @property {string | null} file that file's name
 * @property {Op} op what the next movement of a slider does; edits keep theirs
 * @property {Base} base
 * @property {number} seed
 * @property {Span | null} span the next movement acts on it; null for the whole clip
 * @property {EditsByLayer} editsByLayer
 * @property {Panel} panel what stands beside the pictures
 * @property {Grid} grid
 * @property {Compare} compare
 * @property {Probed} probeChoice which label of the layer curves, by which measure
 * @property {MapChoice} map what its points are, and are coloured by
 * @property {Normality} normality which dimension is held against the prior
 * @property {EnsembleChoice} ensembleChoice which ensemble, and which of its hot spots
 */

/** @type {readonly Comparison[]} */
export const COMPARISONS = ['snapshot', 'clips', 'models'];

/** @type {readonly Panel[]} */
export const PANELS = ['sliders', 'grid', 'compare', 'layers', 'map', 'prior', 'ensemble'];

/** @type {readonly Measure[]} */
export const MEASURES = ['bits', 'accuracy', 'margin'];

/** @type {readonly Unit[]} */
export const UNITS = ['phone', 'frame', 'utterance'];

/** @type {readonly FigureName[]} */
export const FIGURES = ['channels', 'hotspots', 'fusion'];

/** @type {Choice} */
export const DEFAULT_CHOICE = {
  model: null,
  module: null,
  example: null,
  clip: null,
  file: null,
  op: 'add',
  base: 'mean',
  seed: 0,
  span: null,
  editsByLayer: {},
  panel: 'sliders',
  grid: { module: null, dim: null, against: null, steps: null, low: -3, high: 3 },
  compare: { by: 'snapshot', example: null, clip: null, file: null, share: 0.5, top: null, secondModel: null, match: null },
  probeChoice: { label: null, measure: 'bits' },
  map: { unit: null, by: null, projection: null },
  normality: { dim: null },
  ensembleChoice: { ensemble: null, spot: null, figure: 'channels' },
};

/** The keys the address holds. */
export const CHOICE_KEYS = /** @type {(keyof Choice)[]} */ (Object.keys(DEFAULT_CHOICE));
