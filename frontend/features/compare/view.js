/** Comparing: what the sliders make with a state kept as B, with another clip, or with another model. */
import { COMPARISONS } from '../../core/choice.js';
import { check, part } from '../../drawing/dom.js';
import { showBetween } from './interpolation-view.js';
import { showTwin } from './second-model-view.js';
import { showKept } from './snapshot-view.js';

/** What is awaited in each comparison and told by the line at the top. */
const AWAITED = /** @type {const} */ (['second', 'way', 'card', 'twin']);

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('./snapshot.js').KeptHost} kept
 * @param {import('./interpolation.js').Between} between
 * @param {{player: import('../../audio/player.js').Player, transport: import('../transport/view.js').Transport, release: () => void}} host
 */
export function showCompare(store, kept, between, { player, transport, release }) {
  function show() {
    const { by } = store.state.compare;
    check('comparison', by);
    for (const one of COMPARISONS) part(`compare-${one}`).hidden = one !== by;
  }
  store.on(['compare'], show);
  show();
  store.on(
    ['pending'],
    () => (part('panel-compare').dataset.pending = String(AWAITED.some((one) => store.state.pending.includes(one)))),
  );
  part('comparison').addEventListener('change', ({ target }) => {
    const { value } = /** @type {HTMLInputElement} */ (target);
    store.set({ compare: { ...store.state.compare, by: COMPARISONS.find((by) => by === value) ?? 'kept' } });
  });

  showKept(store, kept, transport, release);
  showBetween(store, between, transport);
  showTwin(store, transport, release);

  store.on(['asides'], () => {
    const { heard, asides } = store.state;
    if ((heard === 'kept' || heard === 'blend' || heard === 'twin') && !asides[heard]) player.stop();
  });
}
