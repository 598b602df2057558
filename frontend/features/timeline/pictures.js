/** Spectrograms, difference and heat map of the lanes, computed on demand and memoised. */
import { chosenLayer, displayedSound } from '../../core/state.js';
import { heatMapOf, heatRangeOf, rowsOf } from '../../drawing/heatmap.js';
import { differenceOf, rangeOf } from '../../drawing/spectrogram.js';

/** @typedef {import('../../drawing/raster.js').Range} Range */
/** @typedef {import('../../core/arrays.js').Spectrogram} Spectrogram */
/** @typedef {import('../../drawing/heatmap.js').HeatMap} HeatMap */

/** Latents of longer recordings are fetched only on request. */
const LONG_SECONDS = 60;

/** As in the style sheet: screens large enough to show latents by default. */
const ROOMY = matchMedia('(min-width: 60.01rem) and (min-height: 50rem)');

/**
 * @template {unknown[]} Inputs
 * @template Value
 * @param {(...inputs: Inputs) => Value} compute
 * @returns {(...inputs: Inputs) => Value} recomputes only when an input changes
 */
function memoised(compute) {
  /** @type {{inputs: Inputs, value: Value} | null} */
  let last = null;
  return (...inputs) => {
    if (!last || inputs.some((input, index) => input !== last?.inputs[index]))
      last = { inputs, value: compute(...inputs) };
    return last.value;
  };
}

/** @param {import('../../core/state.js').State} state */
export function areLatentsShown({ preferences, recording }) {
  return preferences.latents ?? (ROOMY.matches && (recording?.encoded?.duration ?? 0) <= LONG_SECONDS);
}

/**
 * @param {import('../../core/state.js').Store} store
 */
export function createPictures(store) {
  const differ = memoised(differenceOf);
  const map = memoised(
    /**
     * @type {(...from: [import('../../server/api.js').Latents, string, import('../../drawing/heatmap.js').Statistic,
     * import('../../server/api.js').Module]) => {heat: HeatMap, range: Range}}
     */
    (latents, rows, statistic, module) => {
      const heat = heatMapOf(latents, rows.split(',').map(Number), statistic, module);
      return { heat, range: heatRangeOf(heat, statistic) };
    },
  );
  /** @type {Range | null} shared by all spectrograms so that they compare; fixed while sliders move */
  let range = null;
  /** @type {import('../../core/state.js').Recording | null} the recording of `range` */
  let rangeRecording = null;

  const original = () => store.state.recording?.encoded?.spectrogram ?? null;
  const decoded = () => displayedSound(store.state).sound?.spectrogram ?? null;

  return {
    original,
    decoded,
    /** @returns {Range | null} of the levels of the recording; without one, of the first decoded sound */
    get range() {
      const { recording } = store.state;
      const shown = original() ?? decoded();
      if (shown && (!range || rangeRecording !== recording)) [range, rangeRecording] = [rangeOf(shown), recording];
      return range;
    },
    /** @returns {Spectrogram | null} decoded minus original, in dB */
    difference() {
      const [before, after, levels] = [original(), decoded(), this.range];
      return before && after && levels ? differ(before, after, levels.low) : null;
    },
    /** @returns {{heat: HeatMap, range: Range} | null} null until the latents are loaded */
    latents() {
      const { latents, module, preferences } = store.state;
      const facts = chosenLayer(store.state);
      if (!latents || latents.module !== module || !facts) return null;
      return map(latents, rowsOf(store.state).join(), preferences.statistic, facts);
    },
  };
}

/** @typedef {ReturnType<typeof createPictures>} Pictures */
