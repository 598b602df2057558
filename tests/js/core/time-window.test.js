import assert from 'node:assert/strict';
import { test } from 'node:test';
import { thumbnailWindow } from '../../../frontend/core/time-window.js';
import { openStore, RECORDING } from '../support/state.js';

const lasting = (duration) => ({ ...RECORDING, encoded: { ...RECORDING.encoded, duration } });

test('the whole of a short clip needs no window', () => {
  assert.deepEqual(thumbnailWindow(openStore().state, {}), {});
  assert.deepEqual(thumbnailWindow(openStore({ recording: null }).state, {}), {});
});

test('a span is widened by half the receptive field of the layer', () => {
  const { window } = thumbnailWindow(openStore().state, { start: 0.4, end: 0.6 });
  assert.ok(Math.abs(window.start - 0.35) < 1e-9 && Math.abs(window.end - 0.65) < 1e-9);
});

test('a window lies within the clip and has at most four seconds', () => {
  const state = openStore({ recording: lasting(60) }).state;
  assert.deepEqual(thumbnailWindow(state, {}), { window: { start: 0, end: 4 } });
  const { window } = thumbnailWindow(state, { start: 59, end: 60 });
  assert.equal(window.end, 60);
});
