/** The lane of latents: choice of the statistic, and a click that reveals the slider of a row. */
import { setPreferences } from '../../core/preferences.js';
import { chosenLayer } from '../../core/state.js';
import { byId, checkRadio } from '../../drawing/dom.js';
import { areLatentsShown } from './pictures.js';

/** @typedef {import('../../drawing/heatmap.js').Statistic} Statistic */

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('../../server/latents.js').LatentsWatch} latents
 * @param {import('./pictures.js').Pictures} pictures
 */
export function showLatents(store, latents, pictures) {
  store.on(['preferences', 'recording'], () => latents.watch('timeline', areLatentsShown(store.state)));
  store.on(['preferences'], () => checkRadio('statistic', store.state.preferences.statistic));
  byId('statistic').addEventListener('change', ({ target }) => {
    setPreferences(store, { statistic: /** @type {Statistic} */ (/** @type {HTMLInputElement} */ (target).value) });
  });
  checkRadio('statistic', store.state.preferences.statistic);

  return {
    /** @param {number} height from 0 to 1 Scrolls to the slider of the row at that height. */
    reveal(height) {
      const heat = pictures.latents()?.heat;
      if (!heat) return;
      const dim = heat.dims[Math.min(heat.rows - 1, Math.floor(height * heat.rows))];
      const facts = chosenLayer(store.state)?.dimensions[dim];
      store.set({ panel: 'sliders' });
      setPreferences(store, { search: '', quiet: store.state.preferences.quiet || facts?.active === false });
      const row = byId('sliders').querySelector(`[data-dim="${dim}"]`);
      row?.scrollIntoView({
        block: 'center',
        behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth',
      });
      /** @type {HTMLElement | null | undefined} */ (row?.querySelector('input[type=range]'))?.focus({
        preventScroll: true,
      });
    },
  };
}
