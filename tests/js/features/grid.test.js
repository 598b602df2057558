import '../support/browser.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_EDITS, withEdit } from '../../../frontend/core/edits.js';
import { axesOf, settingsOf, traverseRequest } from '../../../frontend/features/grid/model.js';
import { openStore } from '../support/state.js';

const grid = (patch) => ({ module: 1, dim: 2, against: null, steps: 3, low: -3, high: 3, ...patch });
const editsByLayer = {
  1: withEdit(withEdit(NO_EDITS, { dim: 2, op: 'add', value: 1, span: null }), {
    dim: 0,
    op: 'add',
    value: 2,
    span: null,
  }),
};

test('the axes are the chosen dimensions, or the most informative one', () => {
  assert.deepEqual(axesOf(openStore({ grid: grid() }).state), { dim: 2, against: null, values: [-3, 0, 3] });
  assert.equal(axesOf(openStore({ grid: grid({ dim: 99 }) }).state).dim, 3, 'ties are broken by KL');
  assert.equal(axesOf(openStore({ grid: grid({ module: 2 }) }).state).dim, 3, 'a choice of another layer');
  assert.equal(axesOf(openStore({ grid: grid({ against: 2 }) }).state).against, null, 'not against itself');
  assert.equal(axesOf(openStore({ grid: grid({ against: 1, steps: 60 }) }).state).values.length, 8);
  assert.equal(axesOf(openStore({ modelInfo: null }).state), null);
});

test('the request sets the dimension over the whole clip in addition to other edits', () => {
  const request = traverseRequest(openStore({ grid: grid(), editsByLayer }).state);
  assert.deepEqual([request.dim, request.values], [2, [-3, 0, 3]]);
  assert.deepEqual(request.edits, [{ dim: 0, op: 'add', value: 2 }], 'its own whole-clip edits have no effect');
  assert.equal(request.start, undefined);
});

test('over a span its other edits stay, and the request has the span', () => {
  const request = traverseRequest(openStore({ grid: grid(), editsByLayer, span: { start: 0.4, end: 0.6 } }).state);
  assert.equal(request.edits.length, 2);
  assert.deepEqual([request.start, request.end], [0.4, 0.6]);
  assert.ok(request.window.start < 0.4 && request.window.end > 0.6);
});

test('two dimensions make a grid whose vertical axis increases upwards', () => {
  const request = traverseRequest(openStore({ grid: grid({ against: 1 }) }).state);
  assert.deepEqual([request.dim, request.values], [1, [3, 0, -3]]);
  assert.deepEqual(request.across, { dim: 2, values: [-3, 0, 3] });
  assert.deepEqual(settingsOf(request, { row: 0, column: 2 }), [
    { dim: 2, value: 3 },
    { dim: 1, value: 3 },
  ]);
});
