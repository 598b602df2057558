import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  dimensionsOf,
  informativeLabels,
  klDivergence,
  klOverSpan,
  matchesSearch,
  sliderRange,
  sortDimensions,
} from '../../../frontend/core/dimensions.js';
import { MODEL, openStore } from '../support/state.js';

const label = (factor, bits) => ({ factor, bits, low: bits, high: bits });
const dimension = (dim, kl, labels = [], more = {}) => ({ dim, kl, active: true, sensitivity: 0, labels, ...more });

test('a KL that the report lacks is the KL over the clip', () => {
  const modules = [{ ...MODEL.modules[0], dimensions: [dimension(0, 0.5), dimension(1, null)] }];
  const store = openStore({ modelInfo: { ...MODEL, modules } });
  assert.deepEqual(
    dimensionsOf(store.state).map(({ kl }) => kl),
    [0.5, 2],
  );
});

test('the KL divergence of N(1, e) and of a point', () => {
  assert.equal(klDivergence(0, 0), 0);
  assert.ok(Math.abs(klDivergence(1, 1) - 0.5 * (1 + Math.E - 1 - 1)) < 1e-12);
  assert.equal(klDivergence(3, -Infinity), 4.5);
});

test('the KL over a span averages its frames', () => {
  const latents = {
    dims: 2,
    frames: 4,
    mean: Float32Array.from([0, 1, 2, 3, 0, 0, 0, 0]),
    logvar: new Float32Array(8),
  };
  assert.deepEqual(klOverSpan(latents, null, 0.1), [(0.5 + 2 + 4.5) / 4, 0]);
  assert.deepEqual(klOverSpan(latents, { start: 0.1, end: 0.3 }, 0.1), [(0.5 + 2) / 2, 0]);
  assert.deepEqual(klOverSpan(latents, { start: 0.9, end: 1 }, 0.1), [4.5, 0], 'at least one frame');
});

test('dimensions are sorted by bits, KL, span, or number; ties by KL', () => {
  const all = [
    dimension(0, 1),
    dimension(1, 3, [label('f0', 0.2)]),
    dimension(2, 2, [label('phone', 1)]),
    dimension(3, 5),
  ];
  const order = (name, klOfSpan = null) => sortDimensions(all, name, klOfSpan).map(({ dim }) => dim);
  assert.deepEqual(order('meaning'), [2, 1, 3, 0]);
  assert.deepEqual(order('kl'), [3, 1, 2, 0]);
  assert.deepEqual(order('number'), [0, 1, 2, 3]);
  assert.deepEqual(order('span', [4, 1, 1, 9]), [3, 0, 1, 2]);
});

test('the search finds numbers, factors and synonyms of informative labels', () => {
  const pitch = dimension(12, 1, [label('f0', 0.4), label('phone', 0.01)]);
  assert.deepEqual(
    informativeLabels(pitch).map(({ factor }) => factor),
    ['f0'],
  );
  for (const text of ['', '12', ' F0', 'pitch']) assert.ok(matchesSearch(pitch, text), text);
  for (const text of ['1', 'phone', 'speaker']) assert.ok(!matchesSearch(pitch, text), text);
  assert.ok(matchesSearch(dimension(0, 1, [label('formant_scale', 1)]), 'formant scale'));
});

test('slider ranges are symmetric, and the training range covers three standard deviations', () => {
  assert.deepEqual(sliderRange({}, 'tail'), { low: -3, high: 3 });
  assert.deepEqual(sliderRange({ mean: -1, std: 0.5 }, 'corpus'), { low: -2.5, high: 2.5 });
  assert.deepEqual(sliderRange({ mean: 0, std: 0.01 }, 'corpus'), { low: -0.5, high: 0.5 });
  assert.deepEqual(sliderRange({ mean: 0, std: 9 }, 'corpus'), { low: -10, high: 10 });
});
