/** View of A and B: saves, plays, swaps and restores the snapshot. */
import { editsOfLayer } from '../../core/edits.js';
import { byId, update } from '../../drawing/dom.js';
import { createPair } from './sound-pair.js';

/** @typedef {import('../../core/state.js').SoundChoice} SoundChoice */

/**
 * @param {SoundChoice} choice
 * @param {import('../../core/state.js').Recording | null} recording
 * @returns {string} short description of the sound
 */
function aboutOf({ model, module, base, seed, editsByLayer }, recording) {
  const { edits, muted } = editsOfLayer(editsByLayer, module);
  const counts = [
    [edits.length, 'edit'],
    [muted.length, 'mute'],
  ].flatMap(([count, what]) => (count ? [`${count} ${what}${count === 1 ? '' : 's'}`] : []));
  const from = { mean: '', sample: `sample ${seed}`, prior: `random ${seed}`, zero: 'zero' }[base];
  return [recording?.name, model, `layer ${module}`, from, counts.join(' and ') || 'no edits']
    .filter(Boolean)
    .join(', ');
}

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('./snapshot.js').SnapshotHost} host
 * @param {import('../transport/view.js').Transport} transport
 * @param {() => void} release
 */
export function showSnapshot(store, host, transport, release) {
  const button = (/** @type {string} */ id) => /** @type {HTMLButtonElement} */ (byId(id));
  const pair = createPair(byId('pair-snapshot'), store, transport, { first: 'decoded', second: 'snapshot' });

  store.on(['decoded', 'snapshot', 'panel', 'compare', 'phase', 'recording'], show);
  function show() {
    const { decoded, snapshot, panel, compare, recording, phase } = store.state;
    update(button('save-snapshot'), { disabled: !decoded || phase !== 'ready' });
    for (const id of ['swap-snapshot', 'restore-snapshot'])
      update(button(id), { disabled: !snapshot || phase !== 'ready' });
    update(byId('pair-snapshot'), { hidden: !snapshot });
    if (panel !== 'compare' || compare.by !== 'snapshot' || !snapshot) return;
    pair.show(
      { name: 'A', about: aboutOf(store.state, recording), sound: decoded, clip: recording?.clip },
      {
        name: 'B',
        about: aboutOf(snapshot.choice, snapshot.recording),
        sound: snapshot.decoded,
        clip: snapshot.recording?.clip,
      },
    );
  }

  button('save-snapshot').addEventListener('click', host.save);
  for (const [id, act] of /** @type {const} */ ([
    ['restore-snapshot', host.restore],
    ['swap-snapshot', host.swap],
  ])) {
    button(id).addEventListener('click', async () => {
      await act();
      release();
    });
  }
}
