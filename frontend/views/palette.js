// @ts-check
/** The colours of small spectrograms, as the page is light or dark, and the range they share with the large ones. */
import { colourMap } from "../colours.js";
import { drawSpectrogram, rangeOf } from "../spectrogram.js";

/** @typedef {import("../arrays.js").Spectrogram} Spectrogram */
/** @typedef {import("../spectrogram.js").Range} Range */

/**
 * @param {() => void} redraw told when the page turns light or dark
 */
export function createPalette(redraw) {
  const darkness = matchMedia("(prefers-color-scheme: dark)");
  let colours = colourMap(darkness.matches);
  darkness.addEventListener("change", () => {
    colours = colourMap(darkness.matches);
    redraw();
  });
  return {
    /**
     * Fills a canvas, or what it lies in, with a whole spectrogram.
     * @param {HTMLCanvasElement} canvas
     * @param {Spectrogram} spectrogram
     * @param {Range} range
     */
    draw(canvas, spectrogram, range) {
      // From the first frame's centre to the last one's: the halves beyond are cut off.
      drawSpectrogram(canvas, spectrogram, range, colours, Math.max(1, spectrogram.frames - 1) * spectrogram.hop);
    },
  };
}

/**
 * @param {import("../state.js").State} state
 * @param {Spectrogram} otherwise
 * @returns {Range} that of the recording, so that small pictures and large ones compare
 */
export const sharedRange = ({ recording }, otherwise) => rangeOf(recording?.encoded?.spectrogram ?? otherwise);
