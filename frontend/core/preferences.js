/** How a person likes the page: the bench of sliders, which lanes are shown, how it is listened to. What is decoded does not depend on it. */

/** @typedef {"meaning" | "kl" | "sensitivity" | "span" | "number"} Order */
/** @typedef {"sigma" | "tail" | "corpus" | "free"} SliderRangeName */
/**
 * @typedef {object} Preferences
 * @property {Order} order
 * @property {string} search
 * @property {boolean} quiet whether hardly used dimensions are shown too
 * @property {SliderRangeName} range
 * @property {boolean} difference whether its lane is shown
 * @property {boolean | null} latents whether their lane is shown; null while nobody said: where there is room, unless the recording is long
 * @property {import('../drawing/heatmap.js').Statistic} statistic of the latents
 * @property {boolean} loop whether what is played goes round and round
 * @property {boolean} matched whether all sounds are played as loud as the original
 */

/** @type {Preferences} */
export const PREFERRED = {
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
export const prefer = (store, patch) => store.set({ preferences: { ...store.state.preferences, ...patch } });
