/** A module's latents as a heat map: one row a dimension, in the order of the sliders' KL, most at the top. Pure. */
import { dimensionsOf, klDivergence, ordered } from '../core/dimensions.js';

/** @typedef {import('../server/api.js').Latents} Latents */
/** @typedef {"mean" | "sd" | "kl"} Statistic of the posterior: its mean, its standard deviation, its KL to N(0, 1) in nats */
/** @typedef {import('./raster.js').Raster & {dims: number[]}} HeatMap `dims` by row, the lowest first */

/** What the two ends of the colours stand for: the mean has a sign and the prior's own scale, the others begin at nothing. */
const MEAN_RANGE = { low: -3, high: 3 };

/** @type {{[statistic in Statistic]: (mean: number, logvar: number) => number}} */
const VALUES = { mean: (mean) => mean, sd: (_, logvar) => Math.exp(logvar / 2), kl: klDivergence };

/** @param {Statistic} statistic */
export const isSigned = (statistic) => statistic === 'mean';

/**
 * @param {import('../core/state.js').State} state
 * @returns {number[]} the chosen module's dimensions from the bottom row to the top
 */
export const rowsOf = (state) =>
  ordered(dimensionsOf(state), 'kl', null)
    .map(({ dim }) => dim)
    .reverse();

/**
 * @param {Latents} latents
 * @param {number[]} dims by row, the lowest first
 * @param {Statistic} statistic
 * @param {import('../server/api.js').Module} module whose latents they are
 * @returns {HeatMap}
 */
export function heatMapOf({ frames, mean, logvar }, dims, statistic, { hop_seconds: hop, first_frame_seconds: first }) {
  const value = VALUES[statistic];
  const values = new Float32Array(dims.length * frames);
  for (const [row, dim] of dims.entries()) {
    for (let at = 0; at < frames; at++)
      values[row * frames + at] = value(mean[dim * frames + at], logvar[dim * frames + at]);
  }
  return { values, rows: dims.length, frames, hop, first, dims };
}

/**
 * @param {HeatMap} map
 * @param {Statistic} statistic
 * @returns {import('./raster.js').Range}
 */
export function heatRangeOf({ values }, statistic) {
  if (isSigned(statistic)) return MEAN_RANGE;
  const most = values.reduce((most, value) => Math.max(most, value), 0);
  return { low: 0, high: Math.max(1, Math.ceil(most)) };
}
