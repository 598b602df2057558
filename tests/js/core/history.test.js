import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_EDITS, withEdit } from '../../../frontend/core/edits.js';
import { createHistory } from '../../../frontend/core/history.js';
import { withLayerEdits } from '../../../frontend/core/state.js';
import { openStore, RECORDING } from '../support/state.js';

const add = (store, dim, value, span = null) =>
  store.set({ editsByLayer: withLayerEdits(store.state, (edits) => withEdit(edits, { dim, op: 'add', value, span })) });
const values = (store) => (store.state.editsByLayer[1]?.edits ?? []).map(({ value }) => value);

test('one drag is one step, however many values it passes', () => {
  const store = openStore();
  const history = createHistory(store);
  for (const value of [0.1, 0.2, 0.3]) add(store, 0, value);
  history.endStep();
  add(store, 0, 0.4);
  history.undo();
  assert.deepEqual(values(store), [0.3]);
  history.undo();
  assert.deepEqual(values(store), []);
  assert.equal(store.state.undoable, false);
  history.redo();
  history.redo();
  assert.deepEqual(values(store), [0.4]);
  assert.equal(store.state.redoable, false);
});

test('a new step discards what was undone', () => {
  const store = openStore();
  const history = createHistory(store);
  add(store, 0, 1);
  history.undo();
  assert.equal(store.state.redoable, true);
  add(store, 1, 2);
  assert.equal(store.state.redoable, false);
  history.redo();
  assert.deepEqual(values(store), [2]);
});

test('undo returns to the layer of the step, and choosing a layer is no step', () => {
  const store = openStore();
  const history = createHistory(store);
  add(store, 0, 1);
  store.set({ module: 2 });
  assert.equal(store.state.undoable, true);
  store.set({ seed: 5 });
  history.undo();
  assert.deepEqual([store.state.module, store.state.seed], [2, 0]);
  history.undo();
  assert.deepEqual(store.state.editsByLayer, {});
});

test('untracked changes make no step', () => {
  const store = openStore();
  const history = createHistory(store);
  history.untracked(() => add(store, 0, 1));
  assert.equal(store.state.undoable, false);
});

test('undo on a new recording restores the whole-clip edits of the previous one', () => {
  const store = openStore();
  const history = createHistory(store);
  add(store, 0, 1);
  add(store, 1, 2, { start: 0, end: 0.5 });
  store.set({ recording: { ...RECORDING, clip: 'c2' }, editsByLayer: {} });
  assert.equal(store.state.undoable, true);
  history.undo();
  assert.deepEqual(values(store), [1]);
  history.redo();
  assert.deepEqual(store.state.editsByLayer, {});
});

test('at most 200 steps are kept', () => {
  const store = openStore();
  const history = createHistory(store);
  for (let step = 0; step < 250; step++) {
    add(store, 0, (step % 9) + 1);
    history.endStep();
  }
  let steps = 0;
  while (store.state.undoable) {
    history.undo();
    steps++;
  }
  assert.equal(steps, 200);
  assert.notEqual(store.state.editsByLayer[1], NO_EDITS);
});
