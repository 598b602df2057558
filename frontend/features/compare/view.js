/** The Compare panel: a saved snapshot, a second clip, or a second model. */
import { COMPARISONS } from '../../core/choice.js';
import { byId, checkRadio } from '../../drawing/dom.js';
import { showInterpolation } from './interpolation-view.js';
import { showSecondModel } from './second-model-view.js';
import { showSnapshot } from './snapshot-view.js';

/** Pending requests that show the progress line. */
const PENDING = /** @type {const} */ (['second', 'interpolation', 'secondModelInfo', 'secondModel']);

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('./snapshot.js').SnapshotHost} snapshot
 * @param {import('./interpolation.js').Interpolation} interpolation
 * @param {{player: import('../../audio/player.js').Player, transport: import('../transport/view.js').Transport,
 * release: () => void}} host
 */
export function showCompare(store, snapshot, interpolation, { player, transport, release }) {
  function show() {
    const { by } = store.state.compare;
    checkRadio('comparison', by);
    for (const one of COMPARISONS) byId(`compare-${one}`).hidden = one !== by;
  }
  store.on(['compare'], show);
  show();
  store.on(
    ['pending'],
    () => (byId('panel-compare').dataset.pending = String(PENDING.some((one) => store.state.pending.includes(one)))),
  );
  byId('comparison').addEventListener('change', ({ target }) => {
    const { value } = /** @type {HTMLInputElement} */ (target);
    store.set({ compare: { ...store.state.compare, by: COMPARISONS.find((by) => by === value) ?? 'snapshot' } });
  });

  showSnapshot(store, snapshot, transport, release);
  showInterpolation(store, interpolation, transport);
  showSecondModel(store, transport, release);

  store.on(['otherSounds'], () => {
    const { playing, otherSounds } = store.state;
    if ((playing === 'snapshot' || playing === 'blend' || playing === 'secondModel') && !otherSounds[playing])
      player.stop();
  });
}
