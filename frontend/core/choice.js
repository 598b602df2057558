/** Everything the user chooses. The page's address holds exactly this. */

/** @typedef {import('./edits.js').Op} Op */
/** @typedef {import('./edits.js').Span} Span */
/** @typedef {import('./edits.js').EditsByLayer} EditsByLayer */
/**
 * @typedef {"mean" | "sample" | "prior" | "zero"} Base starting latents: the clip's posterior mean, a sample of the
 * posterior, a sample of N(0, I), or zero
 */
/** @typedef {"sliders" | "grid" | "compare" | "layers" | "map" | "prior" | "ensemble"} Panel */
/**
 * @typedef {"snapshot" | "clips" | "models"} Comparison with snapshot B, with a second clip (interpolation), or with
 * another model
 */
/** @typedef {"bits" | "accuracy" | "margin"} Measure */
/** @typedef {{label: string | null, measure: Measure}} ProbeChoice `label` null: the first one */
/** @typedef {"phone" | "frame" | "utterance"} Unit */
/** @typedef {{unit: Unit | null, by: string | null, projection: string | null}} MapChoice null: the default */
/** @typedef {"channels" | "hotspots" | "fusion"} FigureName */
/**
 * @typedef {{ensemble: string | null, spot: number | null, figure: FigureName}} EnsembleChoice null: the first
 * ensemble; no hot spot
 */
/** @typedef {{dim: number | null}} DistributionChoice null: the dimension farthest from normal */
/**
 * The grid of traversals.
 * @typedef {object} Grid
 * @property {number | null} module the layer of `dim` and `against`
 * @property {number | null} dim horizontal dimension; null: the most informative one
 * @property {number | null} against vertical dimension; null: none
 * @property {number | null} steps per axis; null: the default
 * @property {number} low
 * @property {number} high
 */
/**
 * The comparison. The second clip is an example, or an uploaded clip with its file name.
 * @typedef {object} Compare
 * @property {Comparison} by
 * @property {string | null} example
 * @property {string | null} clip
 * @property {string | null} file
 * @property {number} share position between the clips, from 0 to 1
 * @property {number | null} top number of interpolated dimensions, those that contribute most; null: all
 * @property {string | null} secondModel null: the default
 * @property {import('./dimension-match.js').Match | null} match edits one matched dimension in both models
 */

/**
 * All choices.
 * @typedef {object} Choice
 * @property {string | null} model
 * @property {number | null} module layer, counted from 1
 * @property {string | null} example id of the open example, or
 * @property {string | null} clip hash of an uploaded recording
 * @property {string | null} file name of the uploaded file
 * @property {Op} op operation of the next edit; existing edits keep theirs
 * @property {Base} base
 * @property {number} seed
 * @property {Span | null} span section that the next edit applies to; null: the whole clip
 * @property {EditsByLayer} editsByLayer
 * @property {Panel} panel the open panel
 * @property {Grid} grid
 * @property {Compare} compare
 * @property {ProbeChoice} probeChoice label and measure of the layer curves
 * @property {MapChoice} map points of the map and their colours
 * @property {DistributionChoice} normality dimension whose distribution is shown
 * @property {EnsembleChoice} ensembleChoice the ensemble, its figure and hot spot
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
  compare: {
    by: 'snapshot',
    example: null,
    clip: null,
    file: null,
    share: 0.5,
    top: null,
    secondModel: null,
    match: null,
  },
  probeChoice: { label: null, measure: 'bits' },
  map: { unit: null, by: null, projection: null },
  normality: { dim: null },
  ensembleChoice: { ensemble: null, spot: null, figure: 'channels' },
};

/** The keys of the choice. */
export const CHOICE_KEYS = /** @type {(keyof Choice)[]} */ (Object.keys(DEFAULT_CHOICE));
