/** Display and playback preferences. They do not affect what is decoded. */

/** @typedef {"meaning" | "kl" | "sensitivity" | "span" | "number"} Order */
/** @typedef {"sigma" | "tail" | "corpus" | "free"} SliderRangeName */
/**
 * @typedef {object} Preferences
 * @property {Order} order of the sliders
 * @property {string} search
 * @property {boolean} quiet whether inactive dimensions are listed too
 * @property {SliderRangeName} range of the sliders
 * @property {boolean} difference whether the difference lane is shown
 * @property {boolean | null} latents whether the latents lane is shown; null shows it where there is room and the
 * recording is short
 * @property {import('../drawing/heatmap.js').Statistic} statistic of the latents lane
 * @property {boolean} loop
 * @property {boolean} matched whether all sounds are played at the loudness of the original
 */

/** @type {Preferences} */
export const DEFAULT_PREFERENCES = {
  order: 'meaning',
  search: '',
  quiet: false,
  range: 'tail',
  difference: false,
  latents: null,
  statistic: 'mean',
  loop: false,
  matched: true,
};

/**
 * @param {import('./state.js').Store} store
 * @param {Partial<Preferences>} patch
 */
export const setPreferences = (store, patch) => store.set({ preferences: { ...store.state.preferences, ...patch } });
