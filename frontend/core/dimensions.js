/** Which dimensions the bench shows, in which order, and how far their sliders travel. Pure. */
import { summaryOf } from './state.js';

/** @typedef {import('../server/api.js').Dimension} Dimension */
/** @typedef {import('./state.js').State} State */
/** @typedef {import('./preferences.js').Order} Order */
/** @typedef {import('./preferences.js').SliderRangeName} SliderRangeName */

/** @typedef {{low: number, high: number}} SliderRange of the slider's travel */

/** Half-widths of the fixed reaches: 99.3 % of N(0, 1) by its whiskers, 99.7 %, and all that /decode takes. */
const HALVES = { sigma: 2.68, tail: 3, free: 10 };

/** As far as 99.3 % of N(0, 1) lies, as in the SIM paper. */
export const TRAVERSAL_VALUES = [-2.68, -1.34, 0, 1.34, 2.68];

/**
 * @param {State} state
 * @returns {Dimension[]} the chosen module's as the report has them; where it does not know the KL, with the KL over this clip
 */
export function dimensionsOf(state) {
  const summary = summaryOf(state, state.module);
  const dimensions = state.card?.modules.find((one) => one.module === state.module)?.dimensions ?? [];
  return dimensions.map((facts) => ({ ...facts, kl: facts.kl ?? summary?.kl[facts.dim] ?? null }));
}

/**
 * How much each dimension says in the chosen span, or in the whole clip: mean KL to N(0, 1) over its frames in nats; where the encoder has no
 * spread, the mean square.
 * @param {import('../server/api.js').Latents} latents
 * @param {import('./edits.js').Span | null} span
 * @param {number} hop seconds a frame
 * @returns {number[]}
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
 * @param {number} mean
 * @param {number} logvar
 * @returns {number} KL of one Gaussian to N(0, 1), nats; of a point (no spread), half its square
 */
export const klDivergence = (mean, logvar) =>
  0.5 * (mean * mean + (logvar === -Infinity ? 0 : Math.exp(logvar) - logvar - 1));

/**
 * @param {Dimension[]} dimensions
 * @param {Order} order
 * @param {number[] | null} said by dimension, for the order by span
 * @returns {Dimension[]} most first: by meaning, those that tell most bits of a factor; what is alike, by KL
 */
export function ordered(dimensions, order, said) {
  const weight = (/** @type {Dimension} */ { dim, kl, sensitivity, labels }) =>
    ({
      meaning: Math.max(0, ...labels.map(({ bits }) => bits)),
      kl: kl ?? 0,
      sensitivity: sensitivity ?? 0,
      span: said?.[dim] ?? 0,
      number: -dim,
    })[order];
  return [...dimensions].sort(
    (one, other) => weight(other) - weight(one) || (other.kl ?? 0) - (one.kl ?? 0) || one.dim - other.dim,
  );
}

/** What a label must tell to be named at its slider, where bits have one decimal place. */
const LEAST_BITS = 0.05;

/** @param {Dimension} dimension @returns {Dimension["labels"]} those worth naming, most bits first */
export const informativeLabels = ({ labels }) => labels.filter(({ bits }) => bits >= LEAST_BITS);

/** What people call factors as well. @type {{[factor: string]: string}} */
const ALSO = {
  f0: 'pitch melody tone',
  formant_scale: 'vocal tract size',
  loudness: 'volume intensity level energy',
  rate: 'speed tempo',
  speaker: 'voice',
};

/**
 * @param {Dimension} dimension
 * @param {string} search a number, or part of a label or of what it is called as well
 */
export function matchesSearch(dimension, search) {
  const wanted = search.trim().toLowerCase();
  if (!wanted) return true;
  if (/^\d+$/.test(wanted)) return String(dimension.dim) === wanted;
  return informativeLabels(dimension).some(({ factor }) =>
    `${factor} ${factor.replace('_', ' ')} ${ALSO[factor] ?? ''}`.includes(wanted),
  );
}

/**
 * @param {Dimension} dimension
 * @param {SliderRangeName} range
 * @returns {SliderRange}
 */
export function sliderRange({ mean, std }, range) {
  if (range !== 'corpus') return { low: -HALVES[range], high: HALVES[range] };
  // The same travel for a shift, which starts at zero, and for a value, which starts at the mean.
  const half = Math.min(HALVES.free, Math.max(0.5, Math.abs(mean ?? 0) + 3 * (std ?? 1)));
  const end = Math.ceil(half * 10) / 10;
  return { low: -end, high: end };
}
