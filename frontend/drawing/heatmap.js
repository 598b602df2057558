/** The latents of a layer as a heat map: one row per dimension, highest KL at the top. */
import { dimensionsOf, klDivergence, sortDimensions } from '../core/dimensions.js';

/** @typedef {import('../server/api.js').Latents} Latents */
/** @typedef {"mean" | "sd" | "kl"} Statistic of the posterior: mean, standard deviation, or KL to N(0, 1) in nats */
/** @typedef {import('./raster.js').Raster & {dims: number[]}} HeatMap `dims` by row, bottom row first */

/** Colour range of means, in standard deviations of the prior; the other statistics start at zero. */
const MEAN_RANGE = { low: -3, high: 3 };

/** @type {{[statistic in Statistic]: (mean: number, logvar: number) => number}} */
const VALUES = { mean: (mean) => mean, sd: (_, logvar) => Math.exp(logvar / 2), kl: klDivergence };

/** @param {Statistic} statistic */
export const isSigned = (statistic) => statistic === 'mean';

/**
 * @param {import('../core/state.js').State} state
 * @returns {number[]} dimensions of the chosen layer, bottom row first
 */
export const rowsOf = (state) =>
  sortDimensions(dimensionsOf(state), 'kl', null)
    .map(({ dim }) => dim)
    .reverse();

/**
 * @param {Latents} latents
 * @param {number[]} dims by row, bottom row first
 * @param {Statistic} statistic
 * @param {import('../server/api.js').Module} module the layer
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
