import assert from 'node:assert/strict';
import { test } from 'node:test';
import { correlation, formatMatch, matchedEdits, parseMatch } from '../../../frontend/core/dimension-match.js';

const match = { module: 3, dim: 12, toModule: 2, toDim: 5, sign: 1 };
const times = { hop_seconds: 0.01, first_frame_seconds: 0 };
const means = (values) => ({ dims: 1, frames: values.length, mean: Float32Array.from(values) });
const own = (values, more = times) => ({ means: means(values), dim: 0, times: more });

test('a match is formatted and parsed', () => {
  assert.equal(formatMatch(match), '3.12~2.5');
  assert.deepEqual(parseMatch('3.12~2.5'), match);
  assert.deepEqual(parseMatch(formatMatch({ ...match, sign: -1 })), { ...match, sign: -1 });
  for (const text of ['', '3.12', '3.12?2.5', 'x3.12~2.5', '1234.1~1.1']) assert.equal(parseMatch(text), null, text);
});

test('a negative correlation inverts offsets and constants, but not scales', () => {
  const edits = [
    { dim: 12, op: 'add', value: 2, span: null },
    { dim: 12, op: 'set', value: -1, span: { start: 0, end: 1 } },
    { dim: 12, op: 'scale', value: 3, span: null },
    { dim: 7, op: 'add', value: 1, span: null },
  ];
  const transferred = matchedEdits({ edits, muted: [12, 7] }, { ...match, sign: -1 });
  assert.deepEqual(
    transferred.edits.map(({ dim, value }) => [dim, value]),
    [
      [5, -2],
      [5, 1],
      [5, 3],
    ],
  );
  assert.deepEqual(transferred.muted, [5]);
  assert.deepEqual(matchedEdits({ edits: [], muted: [7] }, match), { edits: [], muted: [] });
});

test('the correlation of a dimension with itself is 1, with its inverse -1, with a constant 0', () => {
  const values = [0, 1, 3, 2, 5];
  assert.ok(Math.abs(correlation(own(values), own(values)) - 1) < 1e-12);
  assert.ok(Math.abs(correlation(own(values), own(values.map((value) => -value))) + 1) < 1e-12);
  assert.equal(correlation(own(values), own([1, 1, 1, 1, 1])), 0);
});

test('the correlation equals the textbook formula', () => {
  const [a, b] = [
    [1, 2, 3, 4],
    [2, 1, 4, 3],
  ];
  // Deviations (-1.5, -0.5, 0.5, 1.5) and (-0.5, -1.5, 1.5, 0.5): 3 / 5.
  assert.ok(Math.abs(correlation(own(a), own(b)) - 0.6) < 1e-12);
});

test('frames of different rates are paired by time', () => {
  const slow = own([0, 2, 4], { hop_seconds: 0.02, first_frame_seconds: 0 });
  const fast = own([0, 1, 2, 3, 4]);
  assert.ok(Math.abs(correlation(slow, fast) - 1) < 1e-12);
});
