/** Colours of thumbnail spectrograms in the light or dark theme, and the level range they share with the large ones. */
import { colourMap, signedColourMap } from './colours.js';
import { DIFFERENCE_RANGE, drawSpectrogram, rangeOf } from './spectrogram.js';

/** @typedef {import('../core/arrays.js').Spectrogram} Spectrogram */
/** @typedef {import('./spectrogram.js').Range} Range */

/**
 * @param {() => void} redraw called when the theme changes
 */
export function createPalette(redraw) {
  const darkness = matchMedia('(prefers-color-scheme: dark)');
  darkness.addEventListener('change', redraw);
  return {
    /**
     * @param {HTMLCanvasElement} canvas
     * @param {Spectrogram} spectrogram
     * @param {Range} range
     * @param {number} [duration] of the axis in seconds; by default that of the spectrogram
     */
    draw(canvas, spectrogram, range, duration = fullDuration(spectrogram)) {
      drawSpectrogram(canvas, spectrogram, range, colourMap(darkness.matches), duration);
    },
    /**
     * @param {HTMLCanvasElement} canvas
     * @param {Spectrogram} difference in dB
     * @param {number} duration of the axis in seconds
     */
    drawDifference(canvas, difference, duration) {
      drawSpectrogram(canvas, difference, DIFFERENCE_RANGE, signedColourMap(darkness.matches), duration);
    },
    /** @returns {Uint32Array} colours of differences, for a legend */
    get signed() {
      return signedColourMap(darkness.matches);
    },
  };
}

/** @param {Spectrogram} spectrogram @returns {number} seconds from the centre of the first frame to that of the last */
const fullDuration = ({ frames, hop }) => Math.max(1, frames - 1) * hop;

/** @typedef {ReturnType<typeof createPalette>} Palette */

/**
 * @param {import('../core/state.js').State} state
 * @param {Spectrogram} fallback
 * @returns {Range} of the recording, so that thumbnails and large spectrograms compare
 */
export const sharedRange = ({ recording }, fallback) => rangeOf(recording?.encoded?.spectrogram ?? fallback);
