import '../support/browser.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearestOf, neighbourOf } from '../../../frontend/features/map/model.js';

test('the nearest points are sorted by root mean square distance', () => {
  const points = { points: 3, dims: 2, values: Float32Array.from([0, 0, 3, 4, 1, 1]) };
  const found = nearestOf(points, [0, 0], 2);
  assert.deepEqual(
    found.map(({ index }) => index),
    [0, 2],
  );
  assert.equal(found[1].distance, 1);
  assert.ok(Math.abs(nearestOf(points, [3, 4], 3)[2].distance - 5 / Math.sqrt(2)) < 1e-12);
});

test('an arrow key leads to the closest point within 45 degrees of its direction', () => {
  const trace = { x: [0, 2, 1, -1, 0.1], y: [0, 0, 3, 0, 1] };
  const from = (direction) => neighbourOf(trace, 0, direction);
  assert.equal(from({ x: 1, y: 0 }), 1);
  assert.equal(from({ x: -1, y: 0 }), 3);
  assert.equal(from({ x: 0, y: 1 }), 4);
  assert.equal(from({ x: 0, y: -1 }), 0, 'stays where there is none');
  assert.equal(neighbourOf(trace, null, { x: 1, y: 0 }), 0);
});
