/** Undo and redo of everything that decides the decoded sound. One drag is one step. */
import { wholeClipEdits } from './edits.js';

/** @typedef {import('./state.js').State} State */

/**
 * State that makes a step when it changes. A step also restores the layer, to show its effect, but choosing a layer
 * makes no step.
 */
const TRACKED = /** @type {const} */ (['editsByLayer', 'base', 'seed']);
const MAX_STEPS = 200;

/**
 * @param {import('./state.js').Store} store
 * @returns {{undo: () => void, redo: () => void, endStep: () => void, untracked: (change: () => void) => void}}
 * `endStep` ends a step: the next
 * change begins another; `untracked` makes a change without a step
 */
export function createHistory(store) {
  /** @typedef {Pick<State, "editsByLayer" | "base" | "seed" | "module">} Step */
  /** @returns {Step} */
  const now = () => {
    const { editsByLayer, base, seed, module } = store.state;
    return { editsByLayer, base, seed, module };
  };
  let past = /** @type {Step[]} */ ([]);
  let future = /** @type {Step[]} */ ([]);
  let present = now();
  let recordingOfSteps = store.state.recording;
  let stepOpen = false;
  let tracking = true;

  const publish = () => store.set({ undoable: past.length > 0, redoable: future.length > 0 });

  store.on(TRACKED, () => {
    if (!tracking || store.state.recording !== recordingOfSteps) return;
    if (!stepOpen) past = [...past, present].slice(-MAX_STEPS);
    future = [];
    stepOpen = true;
    present = now();
    publish();
  });
  store.on(['recording', 'model'], begin);
  store.on(['module'], () => {
    stepOpen = false;
    present = { ...present, module: store.state.module };
  });

  /** @param {() => void} change */
  function untracked(change) {
    tracking = false;
    change();
    tracking = true;
  }

  /**
   * Starts a new history for another recording. If it starts without edits, undo restores the whole-clip edits of the
   * previous recording.
   */
  function begin() {
    const { recording, editsByLayer } = store.state;
    const unedited = Object.keys(editsByLayer).length === 0;
    const previous = recording !== recordingOfSteps && unedited ? wholeClipEdits(present.editsByLayer) : {};
    recordingOfSteps = recording;
    present = now();
    past = Object.keys(previous).length > 0 ? [{ ...present, editsByLayer: previous }] : [];
    future = [];
    stepOpen = false;
    publish();
  }

  /** @param {Step} step */
  function restore(step) {
    present = step;
    stepOpen = false;
    untracked(() => store.set(step));
    publish();
  }

  function undo() {
    const step = past.at(-1);
    if (!step) return;
    future = [...future, present];
    past = past.slice(0, -1);
    restore(step);
  }

  function redo() {
    const step = future.at(-1);
    if (!step) return;
    past = [...past, present];
    future = future.slice(0, -1);
    restore(step);
  }

  return { undo, redo, endStep: () => void (stepOpen = false), untracked };
}

/** @typedef {ReturnType<typeof createHistory>} History */
