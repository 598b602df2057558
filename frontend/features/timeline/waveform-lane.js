/**
 * The lane of the waveform: from the server's peaks, or from the samples when zoomed in further than the peaks resolve.
 */
import { peaksInSpan, readSamples } from '../../audio/samples.js';
import { lengthOf, visibleWindow } from '../../core/zoom.js';
import { drawWaveform } from '../../drawing/waveform.js';

/** @typedef {import('../../audio/samples.js').Samples} Samples */
/** @typedef {import('../../core/state.js').Recording} Recording */

/** Pixels per peak from which on the samples are drawn. */
const COARSE_PIXELS = 2;

/**
 * @param {HTMLCanvasElement} canvas
 * @param {import('../../core/state.js').Store} store
 * @param {import('../../audio/source-audio.js').SourceAudio} sourceAudio
 */
export function createWaveform(canvas, store, sourceAudio) {
  /**
   * @type {{recording: Recording, samples: Samples | null} | null} of the zoomed waveform; null samples while they load
   * or if unavailable
   */
  let close = null;

  /** @param {Recording} recording */
  function samplesFor(recording) {
    if (close?.recording !== recording) {
      const current = (close = { recording, samples: /** @type {Samples | null} */ (null) });
      obtain(recording).then((samples) => {
        current.samples = samples;
        if (samples && close === current) draw();
      });
    }
    return close.samples;
  }

  /** @param {Recording} recording @returns {Promise<Samples | null>} null if unavailable */
  async function obtain(recording) {
    try {
      const file = await sourceAudio(recording);
      return file && (await readSamples(file));
    } catch {
      return null;
    }
  }

  function draw() {
    const { recording } = store.state;
    const encoded = recording?.encoded;
    canvas.hidden = !encoded;
    if (!encoded) return;
    const { peaks, duration } = encoded;
    const view = visibleWindow(store.state);
    const loudest = peaks.reduce((most, peak) => Math.max(most, Math.abs(peak)), 1e-4);
    const peaksInView = (peaks.length / 2) * (lengthOf(view) / duration);
    const samples = peaksInView * COARSE_PIXELS < canvas.width ? samplesFor(recording) : null;
    if (samples) drawWaveform(canvas, peaksInSpan(samples, view, canvas.width), loudest);
    else drawWaveform(canvas, peaks, loudest, { from: view.start / duration, to: view.end / duration });
  }

  // Measured on resize only: reading the size at every drawing would force a layout.
  new ResizeObserver(([{ contentRect }]) => {
    const ratio = devicePixelRatio || 1;
    const [width, height] = [contentRect.width, contentRect.height].map((size) =>
      Math.max(1, Math.round(size * ratio)),
    );
    if (canvas.width === width && canvas.height === height) return;
    Object.assign(canvas, { width, height });
    draw();
  }).observe(/** @type {Element} */ (canvas.parentElement));

  return { draw };
}
