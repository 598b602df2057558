import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decodeRequest,
  displayedSound,
  durationOf,
  fitToModel,
  layerRequest,
  soundCaption,
  summaryOf,
} from '../../../frontend/core/state.js';
import { MODEL, openStore } from '../support/state.js';

const edit = { dim: 3, op: 'add', value: 1, span: null };

test('listeners are called only for the keys that changed', () => {
  const store = openStore();
  const called = [];
  store.on(['seed'], () => called.push('seed'));
  store.on(['seed', 'base'], () => called.push('seed or base'));
  store.set({ seed: store.state.seed });
  assert.deepEqual(called, []);
  store.set({ seed: 4, op: 'set' });
  assert.deepEqual(called, ['seed', 'seed or base']);
});

test('the request has the clip and its edits, or a duration for a sample of the prior', () => {
  const editsByLayer = { 1: { edits: [edit], muted: [] }, 2: { edits: [], muted: [1] } };
  const { state } = openStore({ editsByLayer });
  assert.deepEqual(decodeRequest(state), {
    model: 'demo',
    module: 1,
    clip: 'c1',
    base: 'mean',
    seed: 0,
    edits: [{ dim: 3, op: 'add', value: 1 }],
  });
  assert.deepEqual(layerRequest(state, 2), { model: 'demo', module: 2, clip: 'c1', base: 'mean', seed: 0, edits: [] });
  const { state: empty } = openStore({ recording: null });
  assert.equal(decodeRequest(empty), null);
  assert.equal(decodeRequest({ ...empty, base: 'prior' }).seconds, 2);
});

test('a choice is fitted to a model with fewer layers and dimensions', () => {
  const editsByLayer = { 1: { edits: [edit], muted: [0, 3] }, 7: { edits: [edit], muted: [] } };
  const smaller = { ...MODEL, modules: [{ ...MODEL.modules[0], dims: 2 }] };
  const fitted = fitToModel({ module: 7, editsByLayer }, smaller);
  assert.deepEqual(fitted, { module: 1, editsByLayer: { 1: { edits: [], muted: [0] } } });
  assert.equal(fitToModel({ module: 1, editsByLayer }, MODEL).module, 1);
  assert.equal(fitToModel({ module: null, editsByLayer: {} }, MODEL).module, 2, 'the deepest layer');
});

test('the summary belongs to the model that encoded the recording', () => {
  const { state } = openStore();
  assert.equal(summaryOf(state, 2).frames, 50);
  assert.equal(summaryOf(state, 9), null);
  assert.equal(summaryOf({ ...state, model: 'other' }, 2), null);
  assert.equal(durationOf(state), 1);
  assert.equal(durationOf({ recording: null, decoded: { duration: 2 } }), 2);
  assert.equal(durationOf({ recording: null, decoded: null }), null);
});

test('the displayed sound is the one playing, or the edited one', () => {
  const [decoded, layer, cell] = [{ duration: 1 }, { duration: 2 }, { duration: 3 }];
  const base = { layers: { 2: layer }, otherSounds: { cell }, decoded };
  assert.deepEqual(displayedSound({ ...base, playing: null }), { side: 'decoded', sound: decoded });
  assert.deepEqual(displayedSound({ ...base, playing: 'original' }), { side: 'decoded', sound: decoded });
  assert.deepEqual(displayedSound({ ...base, playing: 2 }), { side: 2, sound: layer });
  assert.deepEqual(displayedSound({ ...base, playing: 'cell' }), { side: 'cell', sound: cell });
  assert.equal(soundCaption(2), 'Layer 2, unedited');
  assert.equal(soundCaption('snapshot'), 'B');
});
