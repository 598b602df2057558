/** Undo and redo of what decides the sound. A gesture is one step, however many values it went through. */

import { wholeClipEdits } from './edits.js';

/** @typedef {import('./state.js').State} State */

/** What a step brings back. The module is brought along, so that what changes is seen, but choosing one is no step. */
const TRACKED = /** @type {const} */ (['editsByLayer', 'base', 'seed']);
const MOST_STEPS = 200;

/**
 * @param {import('./state.js').Store} store
 * @returns {{undo: () => void, redo: () => void, seal: () => void, aside: (change: () => void) => void}} `seal` ends a gesture: what is changed
 * next is a new step; `aside` makes a change that is no step
 */
export function createHistory(store) {
  /** @typedef {Pick<State, "editsByLayer" | "base" | "seed" | "module">} Moment */
  /** @returns {Moment} */
  const now = () => {
    const { editsByLayer, base, seed, module } = store.state;
    return { editsByLayer, base, seed, module };
  };
  let past = /** @type {Moment[]} */ ([]);
  let future = /** @type {Moment[]} */ ([]);
  let present = now();
  let heard = store.state.recording;
  let open = false;
  let travelling = false;

  const tell = () => store.set({ undoable: past.length > 0, redoable: future.length > 0 });

  store.on(TRACKED, () => {
    if (travelling || store.state.recording !== heard) return;
    if (!open) past = [...past, present].slice(-MOST_STEPS);
    future = [];
    open = true;
    present = now();
    tell();
  });
  store.on(['recording', 'model'], begin);
  store.on(['module'], () => {
    open = false;
    present = { ...present, module: store.state.module };
  });

  /** @param {() => void} change */
  function aside(change) {
    travelling = true;
    change();
    travelling = false;
  }

  /** Another recording has another history. Where it begins unedited, what was done to the whole of the last one can be brought over. */
  function begin() {
    const { recording, editsByLayer } = store.state;
    const over = recording !== heard && Object.keys(editsByLayer).length === 0 ? wholeClipEdits(present.editsByLayer) : {};
    heard = recording;
    present = now();
    past = Object.keys(over).length > 0 ? [{ ...present, editsByLayer: over }] : [];
    future = [];
    open = false;
    tell();
  }

  /**
   * @param {Moment[]} from
   * @param {(left: Moment[]) => void} leave
   * @param {(moment: Moment) => void} keep
   */
  function travel(from, leave, keep) {
    const moment = from.at(-1);
    if (!moment) return;
    keep(present);
    leave(from.slice(0, -1));
    present = moment;
    open = false;
    aside(() => store.set(moment));
    tell();
  }

  return {
    undo: () =>
      travel(
        past,
        (left) => (past = left),
        (moment) => (future = [...future, moment]),
      ),
    redo: () =>
      travel(
        future,
        (left) => (future = left),
        (moment) => (past = [...past, moment]),
      ),
    seal: () => void (open = false),
    aside,
  };
}

/** @typedef {ReturnType<typeof createHistory>} History */
