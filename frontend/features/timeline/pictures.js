/** What the lanes show of the state: each picture is made when it is first asked for and kept while it stays the same. */
import { displayedSound } from '../../core/state.js';
import { heatMapOf, heatRangeOf, rowsOf } from '../../drawing/heatmap.js';
import { differenceOf, rangeOf } from '../../drawing/spectrogram.js';

/** @typedef {import('../../drawing/raster.js').Range} Range */
/** @typedef {import('../../core/arrays.js').Spectrogram} Spectrogram */
/** @typedef {import('../../drawing/heatmap.js').HeatMap} HeatMap */

/** Longer recordings' latents are fetched only when asked for. */
const LONG_SECONDS = 60;

/** As in the stylesheet: where the latents have room unasked. */
const ROOMY = matchMedia('(min-width: 60.01rem) and (min-height: 50rem)');

/**
 * @template {unknown[]} Inputs
 * @template Made
 * @param {(...inputs: Inputs) => Made} make
 * @returns {(...inputs: Inputs) => Made} makes anew only from other inputs than the last
 */
function remembered(make) {
  /** @type {{inputs: Inputs, made: Made} | null} */
  let last = null;
  return (...inputs) => {
    if (!last || inputs.some((input, index) => input !== last?.inputs[index])) last = { inputs, made: make(...inputs) };
    return last.made;
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
  const differ = remembered(differenceOf);
  const map = remembered(
    /** @type {(...from: [import('../../server/api.js').Latents, string, import('../../drawing/heatmap.js').Statistic, import('../../server/api.js').Module]) => {heat: HeatMap, range: Range}} */
    (latents, rows, statistic, module) => {
      const heat = heatMapOf(latents, rows.split(',').map(Number), statistic, module);
      return { heat, range: heatRangeOf(heat, statistic) };
    },
  );
  /** @type {Range | null} one for all spectrograms, so that they compare; it stays while sliders move */
  let range = null;
  /** @type {import('../../core/state.js').Recording | null} whose range that is */
  let rangeIsOf = null;

  const original = () => store.state.recording?.encoded?.spectrogram ?? null;
  const decoded = () => displayedSound(store.state).sound?.spectrogram ?? null;

  return {
    original,
    decoded,
    /** @returns {Range | null} of levels: the recording's own, or where there is none to see, what was decoded first */
    get range() {
      const { recording } = store.state;
      const shown = original() ?? decoded();
      if (shown && (!range || rangeIsOf !== recording)) [range, rangeIsOf] = [rangeOf(shown), recording];
      return range;
    },
    /** @returns {Spectrogram | null} decoded minus original, in dB */
    difference() {
      const [before, after, levels] = [original(), decoded(), this.range];
      return before && after && levels ? differ(before, after, levels.low) : null;
    },
    /** @returns {{heat: HeatMap, range: Range} | null} while the latents are here */
    latents() {
      const { latents, card, module, preferences } = store.state;
      const facts = card?.modules.find((one) => one.module === module);
      if (!latents || latents.module !== module || !facts) return null;
      return map(latents, rowsOf(store.state).join(), preferences.statistic, facts);
    },
  };
}

/** @typedef {ReturnType<typeof createPictures>} Pictures */
