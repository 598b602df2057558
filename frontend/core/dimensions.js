/** The dimensions of the chosen layer: their order, search, and slider range. */
import { chosenLayer, summaryOf } from './state.js';

/** @typedef {import('../server/api.js').Dimension} Dimension */
/** @typedef {import('./state.js').State} State */
/** @typedef {import('./preferences.js').Order} Order */
/** @typedef {import('./preferences.js').SliderRangeName} SliderRangeName */

/** @typedef {{low: number, high: number}} SliderRange */

/**
 * Half-widths of the fixed slider ranges: 99.3 % of N(0, 1) (box-plot whiskers), 99.7 %, and the largest value that
 * /decode accepts.
 */
const HALF_WIDTHS = { sigma: 2.68, tail: 3, free: 10 };

/** Values of a traversal: within the central 99.3 % of N(0, 1), as in the SIM paper. */
export const TRAVERSAL_VALUES = [-2.68, -1.34, 0, 1.34, 2.68];

/**
 * @param {State} state
 * @returns {Dimension[]} of the chosen layer, from the report; a KL that the report lacks is the KL over this clip
 */
export function dimensionsOf(state) {
  const summary = summaryOf(state, state.module);
  const dimensions = chosenLayer(state)?.dimensions ?? [];
  return dimensions.map((facts) => ({ ...facts, kl: facts.kl ?? summary?.kl[facts.dim] ?? null }));
}

/**
 * Mean KL to N(0, 1) of each dimension over the frames of a span, or of the whole clip, in nats.
 * @param {import('../server/api.js').Latents} latents
 * @param {import('./edits.js').Span | null} span
 * @param {number} hop seconds per frame
 * @returns {number[]} half the mean square for a deterministic encoder
 */
export function klOverSpan({ dims, frames, mean, logvar }, span, hop) {
  const first = span ? Math.min(frames - 1, Math.floor(span.start / hop)) : 0;
  const end = span ? Math.max(first + 1, Math.min(frames, Math.ceil(span.end / hop))) : frames;
  return Array.from({ length: dims }, (_, dim) => {
    let sum = 0;
    for (let at = dim * frames + first; at < dim * frames + end; at++) sum += klDivergence(mean[at], logvar[at]);
    return sum / (end - first);
  });
}

/**
 * KL(N(mean, exp(logvar)) || N(0, 1)) in nats.
 * @param {number} mean
 * @param {number} logvar minus infinity for a deterministic encoder, whose value is half the square of the mean
 */
export const klDivergence = (mean, logvar) =>
  0.5 * (mean * mean + (logvar === -Infinity ? 0 : Math.exp(logvar) - logvar - 1));

/**
 * @param {Dimension[]} dimensions
 * @param {Order} order
 * @param {number[] | null} klOfSpan by dimension, for the order "span"
 * @returns {Dimension[]} largest first; "meaning" sorts by the bits of the best label; ties by KL
 */
export function sortDimensions(dimensions, order, klOfSpan) {
  const weight = (/** @type {Dimension} */ { dim, kl, sensitivity, labels }) =>
    ({
      meaning: Math.max(0, ...labels.map(({ bits }) => bits)),
      kl: kl ?? 0,
      sensitivity: sensitivity ?? 0,
      span: klOfSpan?.[dim] ?? 0,
      number: -dim,
    })[order];
  return [...dimensions].sort(
    (one, other) => weight(other) - weight(one) || (other.kl ?? 0) - (one.kl ?? 0) || one.dim - other.dim,
  );
}

/** Labels with fewer bits are not shown: they would round to 0.0. */
const MIN_BITS = 0.05;

/** @param {Dimension} dimension @returns {Dimension["labels"]} labels worth showing, most bits first */
export const informativeLabels = ({ labels }) => labels.filter(({ bits }) => bits >= MIN_BITS);

/** Search terms that also find a factor. @type {{[factor: string]: string}} */
const SYNONYMS = {
  f0: 'pitch melody tone',
  formant_scale: 'vocal tract size',
  loudness: 'volume intensity level energy',
  rate: 'speed tempo',
  speaker: 'voice',
};

/**
 * @param {Dimension} dimension
 * @param {string} search the number of a dimension, or part of a factor's name or synonyms
 */
export function matchesSearch(dimension, search) {
  const wanted = search.trim().toLowerCase();
  if (!wanted) return true;
  if (/^\d+$/.test(wanted)) return String(dimension.dim) === wanted;
  return informativeLabels(dimension).some(({ factor }) =>
    `${factor} ${factor.replace('_', ' ')} ${SYNONYMS[factor] ?? ''}`.includes(wanted),
  );
}

/**
 * @param {Dimension} dimension
 * @param {SliderRangeName} range "corpus" covers the mean and three standard deviations of the training data
 * @returns {SliderRange} symmetric about zero
 */
export function sliderRange({ mean, std }, range) {
  if (range !== 'corpus') return { low: -HALF_WIDTHS[range], high: HALF_WIDTHS[range] };
  // One range for offsets, which start at zero, and for values, which start at the mean.
  const half = Math.min(HALF_WIDTHS.free, Math.max(0.5, Math.abs(mean ?? 0) + 3 * (std ?? 1)));
  const end = Math.ceil(half * 10) / 10;
  return { low: -end, high: end };
}
