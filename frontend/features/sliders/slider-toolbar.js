/** What a movement means and where the latents come from; which sliders are shown; taking back. */
import { isEmpty, OPS, NO_EDITS } from '../../core/edits.js';
import { seconds } from '../../core/format.js';
import { prefer } from '../../core/preferences.js';
import { currentEdits, withLayerEdits } from '../../core/state.js';
import { checkRadio, byId, update } from '../../drawing/dom.js';

/** @typedef {import('../../core/choice.js').Base} Base */

const OP_NOTES = {
  add: 'A slider shifts its dimension and keeps what the clip does around it.',
  set: 'A slider holds its dimension at one value.',
  scale: 'A slider stretches its dimension about zero: 0 flattens it, −1 turns it over.',
};
const BASE_NOTES = {
  mean: 'Decoded from the mean of the posterior.',
  sample: 'Decoded from one draw of the posterior; the seed says which.',
  prior: 'Decoded from a draw of N(0, I), as long as the clip: what the decoder dreams.',
  zero: 'Decoded from zero throughout: the middle of the space.',
};

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('../../core/history.js').History} history
 * @param {() => void} release told when a change is done, so that it can be heard
 */
export function showSliderToolbar(store, history, release) {
  const button = (/** @type {string} */ id) => /** @type {HTMLButtonElement} */ (byId(id));
  const seed = /** @type {HTMLInputElement} */ (byId('seed'));
  const search = /** @type {HTMLInputElement} */ (byId('search'));

  function show() {
    const { op, base, span } = store.state;
    checkRadio('op', op);
    checkRadio('base', base);
    byId('op-note').textContent = OP_NOTES[op];
    byId('base-note').textContent = BASE_NOTES[base];
    byId('selection').textContent = span ? `${seconds(span.start)} to ${seconds(span.end)}` : 'the whole clip';
    byId('clear-selection').hidden = !span;
    seed.disabled = base === 'mean' || base === 'zero';
    if (document.activeElement !== seed) seed.value = String(store.state.seed);
  }
  store.on(['op', 'base', 'seed', 'span'], show);
  show();

  function allow() {
    const { undoable, redoable } = store.state;
    update(button('reset-all'), { disabled: isEmpty(currentEdits(store.state)) });
    update(button('undo'), { disabled: !undoable });
    update(button('redo'), { disabled: !redoable });
  }
  store.on(['editsByLayer', 'module', 'undoable', 'redoable'], allow);
  allow();

  button('reset-all').addEventListener('click', () => {
    // What is locked stays as it is.
    const { locked } = store.state;
    const kept = (/** @type {number} */ dim) => locked.includes(dim);
    const left = ({ edits, muted } = currentEdits(store.state)) => ({
      edits: edits.filter(({ dim }) => kept(dim)),
      muted: muted.filter(kept),
    });
    store.set({ editsByLayer: withLayerEdits(store.state, (now) => (locked.length ? left(now) : NO_EDITS)) });
    release();
  });
  button('undo').addEventListener('click', history.undo);
  button('redo').addEventListener('click', history.redo);
  button('clear-selection').addEventListener('click', () => store.set({ span: null }));

  byId('op').addEventListener('change', ({ target }) => {
    const { value } = /** @type {HTMLInputElement} */ (target);
    store.set({ op: OPS.find((op) => op === value) ?? 'add' });
  });
  byId('base').addEventListener('change', ({ target }) => {
    store.set({ base: /** @type {Base} */ (/** @type {HTMLInputElement} */ (target).value) });
    release();
  });
  seed.addEventListener('input', () => {
    if (seed.validity.valid && Number.isFinite(seed.valueAsNumber)) store.set({ seed: seed.valueAsNumber });
  });
  seed.addEventListener('change', release);

  search.addEventListener('input', () => prefer(store, { search: search.value }));
  for (const key of /** @type {const} */ (['order', 'range'])) {
    const select = /** @type {HTMLSelectElement} */ (byId(key));
    select.value = store.state.preferences[key];
    select.addEventListener('change', () => prefer(store, { [key]: select.value }));
  }
  store.on(['preferences'], () => {
    const { range, search: sought } = store.state.preferences;
    if (search.value !== sought) search.value = sought;
    const half = { sigma: '2.68', tail: '3', free: '10', corpus: '' }[range];
    byId('scale-low').textContent = half && `−${half}`;
    byId('scale-high').textContent = half;
  });
}
