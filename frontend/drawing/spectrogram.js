/** Spectrograms as pictures: which levels are worth showing, their difference, and what stands at a point. */
import { drawRaster, readRaster } from './raster.js';

/** @typedef {import('../core/arrays.js').Spectrogram} Spectrogram */
/** @typedef {import('./raster.js').Raster} Raster */
/** @typedef {import('./raster.js').Range} Range in dB */

const SPAN_DB = 70;

/** Louder or quieter by this much is the end of the difference's colours. */
export const DIFFERENCE_RANGE = { low: -30, high: 30 };

/**
 * The range that shows a recording best: the 70 dB below its loudest point.
 * @param {Spectrogram} spectrogram
 * @returns {Range}
 */
export function rangeOf({ values }) {
  let high = -Infinity;
  for (const value of values) if (value > high) high = value;
  high = Math.ceil(high / 5) * 5;
  return { low: high - SPAN_DB, high };
}

/**
 * @param {Spectrogram} spectrogram whose frame t is centred on t hops
 * @returns {Raster}
 */
export const rasterOf = ({ values, bands, frames, hop }) => ({ values, rows: bands, frames, hop, first: 0 });

/**
 * How much louder `after` is than `before`, in dB, at every band and frame both have. What lies below the floor is heard as nothing and counts
 * as the floor: the difference of two silences is none.
 * @param {Spectrogram} before
 * @param {Spectrogram} after
 * @param {number} floor in dB
 * @returns {Spectrogram}
 */
export function differenceOf(before, after, floor) {
  const frames = Math.min(before.frames, after.frames);
  const values = new Float32Array(before.bands * frames);
  for (let band = 0; band < before.bands; band++) {
    const [to, one, other] = [band * frames, band * before.frames, band * after.frames];
    for (let frame = 0; frame < frames; frame++) {
      values[to + frame] = Math.max(floor, after.values[other + frame]) - Math.max(floor, before.values[one + frame]);
    }
  }
  return { ...before, values, frames };
}

/**
 * Draws all of it along an axis of `duration` seconds.
 * @param {HTMLCanvasElement} canvas inside a box that is as wide as the axis
 * @param {Spectrogram} spectrogram
 * @param {Range} range
 * @param {Uint32Array} colours quiet first
 * @param {number} duration
 */
export function drawSpectrogram(canvas, spectrogram, range, colours, duration) {
  drawRaster(canvas, rasterOf(spectrogram), range, colours, { start: 0, end: duration });
}

/**
 * @param {Spectrogram} spectrogram
 * @param {number} seconds
 * @param {number} height 0 at the bottom, 1 at the top
 * @returns {{hz: number, db: number}}
 */
export function readSpectrogram(spectrogram, seconds, height) {
  const { row, value } = readRaster(rasterOf(spectrogram), seconds, height);
  return { hz: spectrogram.hz[row], db: value };
}
