/** How near the chosen module is to N(0, I), as the figure `prior` tells it: pieces of it to draw, and words that claim no more than they do. Pure. */
import { fixed } from '../../core/format.js';

/** @typedef {import('../../drawing/chart-loader.js').Trace} Trace */
/** @typedef {import('../../drawing/chart-loader.js').Figure} Figure */
/** @typedef {"quantiles" | "spectrum" | "certificate" | "distance"} Kind */
/** @typedef {[number, number, number]} Interval a value and its ends */

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
 * @returns {Trace | null} those of the chosen dimension, or of the one farthest from N(0, 1)
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
const ends = ([value, low, high], digits = 2) =>
  `${fixed(value, digits)} [${fixed(low, digits)}, ${fixed(high, digits)}]`;

/** @param {number} chance */
const likely = (chance) => (chance < 0.001 ? 'less than 1 in 1000' : `${fixed(100 * chance, 1)} %`);

/**
 * @param {Trace} trace the quantiles of one dimension
 * @returns {[string, string][]} what is known of it
 */
export function momentsOf({ meta }) {
  return [
    ['Mean', ends(meta.mean)],
    ['Variance', ends(meta.variance)],
    ['Skew', ends(meta.skew)],
    ['Excess kurtosis', ends(meta.kurtosis)],
    ['Kolmogorov-Smirnov', `${ends(meta.ks, 3)}; by chance ${likely(meta.ks_chance)}`],
    ['Anderson-Darling, A²/n', `${fixed(meta.ad, 4)}; by chance ${likely(meta.ad_chance)}`],
    ['Frames', `${meta.frames}, worth ${Math.round(meta.n)} independent ones`],
  ];
}

/**
 * @param {Trace} trace the quantiles of one dimension
 * @returns {string}
 */
export function verdictOf({ meta }) {
  const far = `Where it is farthest, its distribution function lies ${fixed(meta.ks[0], 3)} from that of N(0, 1)`;
  const frames = `${Math.round(meta.n)} independent draws`;
  const by =
    meta.ks_chance < 0.05
      ? `more than ${frames} from it would by chance`
      : `no more than ${frames} from it may by chance, which does not prove that it is normal`;
  return `${far}: ${by}.`;
}

/**
 * @param {Figure} figure
 * @param {number} module
 * @returns {{name: string, energy: string, wasserstein: string, mmd: string, told: string}[]} all dimensions together
 */
export function jointOf({ layout }, module) {
  const beside = (
    /** @type {{value: number, low: number, high: number, chance: number}} */ { value, low, high, chance },
  ) => `${ends([value, low, high], 3)}; chance ${fixed(chance, 3)}`;
  return layout.meta.joint
    .filter((/** @type {{module: number}} */ row) => row.module === module)
    .map((/** @type {any} */ row) => ({
      name: `${row.of}, ${row.level}`,
      energy: beside(row.energy),
      wasserstein: beside(row.sliced_wasserstein),
      mmd: beside(row.mmd2),
      told: ends(row.classifier),
    }));
}

/**
 * What the certificates of a module prove, and what keeps them from proving more.
 * @param {Trace[]} traces
 * @returns {{words: string, warning: string} | null} null where there is none
 */
export function certifiedOf(traces) {
  const blocks = traces.find(({ meta }) => meta.blocks)?.meta.blocks ?? [];
  if (!blocks.length) return null;
  const worst = blocks.reduce((/** @type {any} */ most, /** @type {any} */ one) => (one.high > most.high ? one : most));
  const bound = blocks.filter((/** @type {any} */ { binds }) => binds).length;
  const words =
    `With 97.5 % confidence each, no block of dimensions of this module lies farther than ${fixed(worst.high, 3)} nats from the prior (dimensions ${worst.dims.join(', ')}: ` +
    `${ends([worst.kl, worst.low, worst.high], 3)}), a total variation of ${fixed(worst.variation, 2)} at most. It holds for standardised posterior means with noise of variance ${worst.noise} of our own ` +
    `added, whose capacity is ${fixed(worst.capacity, 2)} nats a block; by ${worst.n} frames of ${worst.groups} recordings. Blocks are certified one by one: it says nothing of how they depend on one another.`;
  const warning = bound
    ? `For ${bound} of ${blocks.length} blocks the ceiling ln n = ${fixed(worst.ceiling, 2)} nats binds: no more than that can be proved from so many frames, so a large bound there is of the method, not of the model. ` +
      'Take more recordings, fewer dimensions a block, or more noise.'
    : '';
  return { words, warning };
}
