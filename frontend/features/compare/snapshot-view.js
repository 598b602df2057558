/** A and B: keeping, hearing and seeing both, bringing B back. */
import { gestureOf } from '../../core/edits.js';
import { part, update } from '../../drawing/dom.js';
import { createPair } from './sound-pair.js';

/** @typedef {import('../../core/state.js').SoundChoice} SoundChoice */

/**
 * @param {SoundChoice} choice
 * @param {import('../../core/state.js').Recording | null} recording
 * @returns {string} what it is the sound of, in a few words
 */
function aboutOf({ model, module, base, seed, gestures }, recording) {
  const { edits, muted } = gestureOf(gestures, module);
  const counts = [
    [edits.length, 'edit'],
    [muted.length, 'mute'],
  ].flatMap(([count, what]) => (count ? [`${count} ${what}${count === 1 ? '' : 's'}`] : []));
  const from = { mean: '', sample: `sample ${seed}`, prior: `prior ${seed}`, zero: 'zero' }[base];
  return [recording?.name, model, `module ${module}`, from, counts.join(' and ') || 'no edits']
    .filter(Boolean)
    .join(', ');
}

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('./snapshot.js').KeptHost} host
 * @param {import('../transport/view.js').Transport} transport
 * @param {() => void} release
 */
export function showKept(store, host, transport, release) {
  const button = (/** @type {string} */ id) => /** @type {HTMLButtonElement} */ (part(id));
  const pair = createPair(part('pair-kept'), store, transport, { first: 'decoded', second: 'kept' });

  store.on(['decoded', 'kept', 'panel', 'compare', 'phase', 'recording'], show);
  function show() {
    const { decoded, kept, panel, compare, recording, phase } = store.state;
    update(button('keep'), { disabled: !decoded || phase !== 'ready' });
    for (const id of ['exchange', 'use-kept']) update(button(id), { disabled: !kept || phase !== 'ready' });
    update(part('pair-kept'), { hidden: !kept });
    if (panel !== 'compare' || compare.by !== 'kept' || !kept) return;
    pair.show(
      { name: 'A', about: aboutOf(store.state, recording), sound: decoded, clip: recording?.clip },
      { name: 'B', about: aboutOf(kept.choice, kept.recording), sound: kept.decoded, clip: kept.recording?.clip },
    );
  }

  button('keep').addEventListener('click', host.keep);
  for (const [id, act] of /** @type {const} */ ([
    ['use-kept', host.use],
    ['exchange', host.exchange],
  ])) {
    button(id).addEventListener('click', async () => {
      await act();
      release();
    });
  }
}
