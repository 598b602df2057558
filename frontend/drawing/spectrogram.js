/** Draws spectrograms: their level range, their difference, and the value at a point. */
import { drawRaster, readRaster } from './raster.js';

/** @typedef {import('../core/arrays.js').Spectrogram} Spectrogram */
/** @typedef {import('./raster.js').Raster} Raster */
/** @typedef {import('./raster.js').Range} Range in dB */

const SPAN_DB = 70;

/** Colour range of differences in dB. */
export const DIFFERENCE_RANGE = { low: -30, high: 30 };

/**
 * Level range of a recording: the 70 dB below its maximum.
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
 * @param {Spectrogram} spectrogram frame t is centred on t hops
 * @returns {Raster}
 */
export const rasterOf = ({ values, bands, frames, hop }) => ({ values, rows: bands, frames, hop, first: 0 });

/**
 * `after` minus `before` in dB, over the frames that both have. Levels below the floor are raised to it, so that
 * silence differs from silence by 0.
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
 * Draws the whole spectrogram along an axis of `duration` seconds.
 * @param {HTMLCanvasElement} canvas inside a box that is as wide as the axis
 * @param {Spectrogram} spectrogram
 * @param {Range} range
 * @param {Uint32Array} colours lowest level first
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
