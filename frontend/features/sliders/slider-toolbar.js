/** Toolbar of the sliders: operation, source of the latents, search, order and range, undo and reset. */
import { isEmpty, NO_EDITS, OPS } from '../../core/edits.js';
import { seconds } from '../../core/format.js';
import { setPreferences } from '../../core/preferences.js';
import { currentEdits, withLayerEdits } from '../../core/state.js';
import { byId, checkRadio, update } from '../../drawing/dom.js';

/** @typedef {import('../../core/choice.js').Base} Base */

const OP_NOTES = {
  add: 'Adds a constant offset to the dimension.',
  set: 'Sets the dimension to a constant value.',
  scale: 'Multiplies the dimension: 0 removes it, −1 inverts it.',
};
const BASE_NOTES = {
  mean: 'Posterior mean of the recording.',
  sample: 'Random sample from the posterior, set by the seed.',
  prior: 'Random sample from the prior N(0, I), as long as the recording.',
  zero: 'All latents zero: the mean of the prior.',
};

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('../../core/history.js').History} history
 * @param {() => void} release called when a change is complete
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
    byId('selection').textContent = span ? `${seconds(span.start)} to ${seconds(span.end)}` : 'whole recording';
    byId('clear-selection').hidden = !span;
    seed.disabled = base === 'mean' || base === 'zero';
    if (document.activeElement !== seed) seed.value = String(store.state.seed);
  }
  store.on(['op', 'base', 'seed', 'span'], show);
  show();

  function showEnabled() {
    const { undoable, redoable } = store.state;
    update(button('reset-all'), { disabled: isEmpty(currentEdits(store.state)) });
    update(button('undo'), { disabled: !undoable });
    update(button('redo'), { disabled: !redoable });
  }
  store.on(['editsByLayer', 'module', 'undoable', 'redoable'], showEnabled);
  showEnabled();

  button('reset-all').addEventListener('click', () => {
    // Locked dimensions keep their edits.
    const { locked } = store.state;
    const isLocked = (/** @type {number} */ dim) => locked.includes(dim);
    const keepLocked = ({ edits, muted } = currentEdits(store.state)) => ({
      edits: edits.filter(({ dim }) => isLocked(dim)),
      muted: muted.filter(isLocked),
    });
    store.set({ editsByLayer: withLayerEdits(store.state, (now) => (locked.length ? keepLocked(now) : NO_EDITS)) });
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

  search.addEventListener('input', () => setPreferences(store, { search: search.value }));
  for (const key of /** @type {const} */ (['order', 'range'])) {
    const select = /** @type {HTMLSelectElement} */ (byId(key));
    select.value = store.state.preferences[key];
    select.addEventListener('change', () => setPreferences(store, { [key]: select.value }));
  }
  store.on(['preferences'], () => {
    const { range, search: text } = store.state.preferences;
    if (search.value !== text) search.value = text;
    const half = { sigma: '2.68', tail: '3', free: '10', corpus: '' }[range];
    byId('scale-low').textContent = half && `−${half}`;
    byId('scale-high').textContent = half;
  });
}
