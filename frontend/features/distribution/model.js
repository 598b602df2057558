/**
 * Distribution of the layer's latents compared with N(0, I), from the figure `prior`: traces, values and summaries.
 * Pure.
 */
import { fixed } from '../../core/format.js';

/** @typedef {import('../../drawing/chart-loader.js').Trace} Trace */
/** @typedef {import('../../drawing/chart-loader.js').Figure} Figure */
/** @typedef {"quantiles" | "spectrum" | "certificate" | "distance"} Kind */
/** @typedef {[number, number, number]} Interval value, low end, high end */

/**
 * @param {Figure} figure
 * @param {Kind} kind
 * @param {number} module
 * @returns {Trace[]}
 */
export const tracesOf = ({ data }, kind, module) =>
  data
    .filter(({ meta }) => meta.kind === kind && (meta.module === null || meta.module === module))
    .map((trace) => ({ ...trace, visible: true }));

/**
 * @param {Figure} figure
 * @param {Kind} kind
 * @param {Trace[]} data
 * @param {object} [more] of the layout
 * @returns {Figure}
 */
export function figureOf({ layout }, kind, data, more = {}) {
  const { x, y } = layout.meta.axes[kind];
  return { data, layout: { xaxis: { title: { text: x } }, yaxis: { title: { text: y } }, ...more } };
}

/**
 * @param {Trace[]} traces the quantiles of a module
 * @param {number | null} dim
 * @returns {Trace | null} the chosen dimension, or the one farthest from N(0, 1)
 */
export function chosenOf(traces, dim) {
  const own = traces.filter(({ meta }) => meta.dim !== null);
  const farthest = own.reduce(
    (/** @type {Trace | null} */ most, one) => (most === null || one.meta.ks[0] > most.meta.ks[0] ? one : most),
    null,
  );
  return own.find(({ meta }) => meta.dim === dim) ?? farthest;
}

/** @param {Interval} interval @param {number} [digits] */
const withInterval = ([value, low, high], digits = 2) =>
  `${fixed(value, digits)} [${fixed(low, digits)}, ${fixed(high, digits)}]`;

/** @param {number} p a p-value */
const formatP = (p) => (p < 0.001 ? 'p < 0.001' : `p = ${fixed(p, 3)}`);

/**
 * @param {Trace} trace the quantiles of one dimension
 * @returns {[string, string][]} names and values
 */
export function momentsOf({ meta }) {
  return [
    ['Mean', withInterval(meta.mean)],
    ['Variance', withInterval(meta.variance)],
    ['Skew', withInterval(meta.skew)],
    ['Excess kurtosis', withInterval(meta.kurtosis)],
    ['Kolmogorov-Smirnov', `${withInterval(meta.ks, 3)}; ${formatP(meta.ks_chance)}`],
    ['Anderson-Darling, A²/n', `${fixed(meta.ad, 4)}; ${formatP(meta.ad_chance)}`],
    ['Frames', `${meta.frames} (effective sample size ${Math.round(meta.n)})`],
  ];
}

/**
 * @param {Trace} trace the quantiles of one dimension
 * @returns {string}
 */
export function verdictOf({ meta }) {
  const distance = `KS distance from N(0, 1): ${fixed(meta.ks[0], 3)}`;
  const test = `${formatP(meta.ks_chance)} (KS test, effective sample size ${Math.round(meta.n)})`;
  const meaning =
    meta.ks_chance < 0.05
      ? 'Significantly different from N(0, 1).'
      : 'No significant difference, which does not prove that it is normal.';
  return `${distance}, ${test}. ${meaning}`;
}

/**
 * @param {Figure} figure
 * @param {number} module
 * @returns {{name: string, energy: string, wasserstein: string, mmd: string, accuracy: string}[]} all dimensions
 * jointly
 */
export function jointOf({ layout }, module) {
  const withCritical = (
    /** @type {{value: number, low: number, high: number, chance: number}} */ { value, low, high, chance },
  ) => `${withInterval([value, low, high], 3)}; critical ${fixed(chance, 3)}`;
  return layout.meta.joint
    .filter((/** @type {{module: number}} */ row) => row.module === module)
    .map((/** @type {any} */ row) => ({
      name: `${row.of}, ${row.level}`,
      energy: withCritical(row.energy),
      wasserstein: withCritical(row.sliced_wasserstein),
      mmd: withCritical(row.mmd2),
      accuracy: withInterval(row.classifier),
    }));
}

/**
 * Certified bound of a layer and its limitation.
 * @param {Trace[]} traces
 * @returns {{words: string, warning: string} | null} null without certificates
 */
export function certifiedOf(traces) {
  const blocks = traces.find(({ meta }) => meta.blocks)?.meta.blocks ?? [];
  if (!blocks.length) return null;
  const worst = blocks.reduce((/** @type {any} */ most, /** @type {any} */ one) => (one.high > most.high ? one : most));
  const bound = blocks.filter((/** @type {any} */ { binds }) => binds).length;
  const words =
    `With 97.5 % confidence each, no block of dimensions of this layer lies farther than ${fixed(worst.high, 3)} nats from the prior (dimensions ${worst.dims.join(', ')}: ` +
    `${withInterval([worst.kl, worst.low, worst.high], 3)}), a total variation of at most ${fixed(worst.variation, 2)}. The bound is for standardised posterior means with added noise of variance ${worst.noise}, ` +
    `a capacity of ${fixed(worst.capacity, 2)} nats per block; ${worst.n} frames of ${worst.groups} recordings. Blocks are certified separately: dependence between blocks is not tested.`;
  const warning = bound
    ? `For ${bound} of ${blocks.length} blocks the ceiling ln n = ${fixed(worst.ceiling, 2)} nats binds: the number of frames limits the bound, not the model. ` +
      'Use more recordings, fewer dimensions per block, or more noise.'
    : '';
  return { words, warning };
}
