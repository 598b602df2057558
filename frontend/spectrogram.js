// @ts-check
/** Draws spectrograms: decibels to pixels, one putImageData a picture. */

/** @typedef {import("./arrays.js").Spectrogram} Spectrogram */
/** @typedef {{low: number, high: number}} Range in dB */

/** No screen shows more columns than this; a longer recording's frames are averaged into so many. */
const MOST_COLUMNS = 3000;

const SPAN_DB = 70;

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
 * @param {Spectrogram} spectrogram
 * @returns {Spectrogram} with at most 3000 frames, each the mean of several
 */
function fitted(spectrogram) {
  const { values, bands, frames, hop } = spectrogram;
  const pool = Math.ceil(frames / MOST_COLUMNS);
  if (pool === 1) return spectrogram;
  const columns = Math.ceil(frames / pool);
  const means = new Float32Array(bands * columns);
  for (let band = 0; band < bands; band++) {
    for (let column = 0; column < columns; column++) {
      const end = Math.min(frames, (column + 1) * pool);
      let sum = 0;
      for (let frame = column * pool; frame < end; frame++) sum += values[band * frames + frame];
      means[band * columns + column] = sum / (end - column * pool);
    }
  }
  return { ...spectrogram, values: means, frames: columns, hop: hop * pool };
}

/**
 * Draws one pixel a band and frame, low bands at the bottom, and lays the canvas so along an axis of `duration` seconds that each frame's
 * centre is at its time: frame t of the log-mel is centred on t hops.
 * @param {HTMLCanvasElement} canvas inside a box that is as wide as the axis
 * @param {Spectrogram} spectrogram
 * @param {Range} range
 * @param {Uint32Array} colours quiet first
 * @param {number} duration
 */
export function drawSpectrogram(canvas, spectrogram, range, colours, duration) {
  const { values, bands, frames, hop } = fitted(spectrogram);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  if (canvas.width !== frames || canvas.height !== bands) Object.assign(canvas, { width: frames, height: bands });
  const image = context.createImageData(frames, bands);
  const pixels = new Uint32Array(image.data.buffer);
  const last = colours.length - 1;
  const scale = last / (range.high - range.low);
  for (let band = 0; band < bands; band++) {
    const from = band * frames;
    const to = (bands - 1 - band) * frames;
    for (let frame = 0; frame < frames; frame++) {
      const step = (values[from + frame] - range.low) * scale;
      pixels[to + frame] = colours[step > 0 ? (step < last ? step | 0 : last) : 0];
    }
  }
  context.putImageData(image, 0, 0);
  // Pooled frames are centred half a pool later than the first of them.
  const first = (hop - spectrogram.hop) / 2;
  canvas.style.left = `${((first - hop / 2) / duration) * 100}%`;
  canvas.style.width = `${((frames * hop) / duration) * 100}%`;
}

/**
 * @param {Spectrogram} spectrogram
 * @param {number} seconds
 * @param {number} height 0 at the bottom, 1 at the top
 * @returns {{hz: number, db: number}}
 */
export function readSpectrogram({ values, bands, frames, hop, hz }, seconds, height) {
  const frame = Math.min(frames - 1, Math.max(0, Math.round(seconds / hop)));
  const band = Math.min(bands - 1, Math.max(0, Math.floor(height * bands)));
  return { hz: hz[band], db: values[band * frames + frame] };
}
