/** The colours of small spectrograms, as the page is light or dark, and the range they share with the large ones. */
import { colourMap, signedColourMap } from './colours.js';
import { DIFFERENCE_RANGE, drawSpectrogram, rangeOf } from './spectrogram.js';

/** @typedef {import('../core/arrays.js').Spectrogram} Spectrogram */
/** @typedef {import('./spectrogram.js').Range} Range */

/**
 * @param {() => void} redraw told when the page turns light or dark
 */
export function createPalette(redraw) {
  const darkness = matchMedia('(prefers-color-scheme: dark)');
  darkness.addEventListener('change', redraw);
  return {
    /**
     * @param {HTMLCanvasElement} canvas
     * @param {Spectrogram} spectrogram
     * @param {Range} range
     * @param {number} [duration] of the axis in seconds; the spectrogram's own where left out
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
    /** @returns {Uint32Array} of differences, for a key */
    get signed() {
      return signedColourMap(darkness.matches);
    },
  };
}

/** @param {Spectrogram} spectrogram From the first frame's centre to the last one's: the halves beyond are cut off. */
const fullDuration = ({ frames, hop }) => Math.max(1, frames - 1) * hop;

/** @typedef {ReturnType<typeof createPalette>} Palette */

/**
 * @param {import('../core/state.js').State} state
 * @param {Spectrogram} otherwise
 * @returns {Range} that of the recording, so that small pictures and large ones compare
 */
export const sharedRange = ({ recording }, otherwise) => rangeOf(recording?.encoded?.spectrogram ?? otherwise);
