import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clamp,
  editsOfLayer,
  editsOver,
  filterEdits,
  isEmpty,
  MAX_VALUE,
  NO_EDITS,
  sameSpan,
  toWireEdits,
  wholeClipEdits,
  withEdit,
  withMute,
  withoutEdit,
  withValue,
} from '../../../frontend/core/edits.js';

const span = { start: 0.2, end: 0.5 };
const edit = (dim, value, more = {}) => ({ dim, op: 'add', value, span: null, ...more });

test('an edit replaces the earlier one of its dimension and span, in place', () => {
  const first = withEdit(withEdit(NO_EDITS, edit(1, 2)), edit(2, 1));
  const second = withEdit(first, edit(1, 3));
  assert.deepEqual(second.edits, [edit(1, 3), edit(2, 1)]);
  assert.deepEqual(first.edits, [edit(1, 2), edit(2, 1)], 'the input is unchanged');
});

test('edits of one dimension over different spans are separate', () => {
  const both = withEdit(withEdit(NO_EDITS, edit(1, 2)), edit(1, 3, { span }));
  assert.equal(both.edits.length, 2);
  assert.deepEqual([...editsOver(both, span)], [[1, edit(1, 3, { span })]]);
  assert.deepEqual([...editsOver(both, null)], [[1, edit(1, 2)]]);
});

test('a neutral edit removes the earlier one; setting to zero is not neutral', () => {
  const layerEdits = withEdit(NO_EDITS, edit(1, 2));
  assert.ok(isEmpty(withEdit(layerEdits, edit(1, 0))));
  assert.ok(isEmpty(withEdit(layerEdits, edit(1, 1, { op: 'scale' }))));
  assert.equal(withEdit(NO_EDITS, edit(1, 0, { op: 'set' })).edits.length, 1);
});

test('values are clamped to what the server accepts', () => {
  assert.equal(withEdit(NO_EDITS, edit(1, 99)).edits[0].value, MAX_VALUE);
  assert.equal(clamp(-99), -MAX_VALUE);
  assert.equal(clamp(0.5), 0.5);
});

test('spans are equal within a tenth of a millisecond', () => {
  assert.ok(sameSpan(span, { start: 0.20005, end: 0.5 }));
  assert.ok(!sameSpan(span, { start: 0.21, end: 0.5 }));
  assert.ok(!sameSpan(span, null));
  assert.ok(sameSpan(null, null));
});

test('muting toggles, and removing an edit keeps those of other spans', () => {
  const muted = withMute(NO_EDITS, 3);
  assert.deepEqual(muted.muted, [3]);
  assert.ok(isEmpty(withMute(muted, 3)));
  const both = withEdit(withEdit(NO_EDITS, edit(1, 2)), edit(1, 3, { span }));
  assert.deepEqual(withoutEdit(both, 1, span).edits, [edit(1, 2)]);
});

test('a constant over the whole clip replaces the edits and the mute of its dimension', () => {
  const layerEdits = withMute(withEdit(NO_EDITS, edit(1, 2, { span })), 1);
  assert.deepEqual(withValue(layerEdits, 1, 0.5, null), { edits: [edit(1, 0.5, { op: 'set' })], muted: [] });
});

test('a constant over a span keeps a muted dimension at zero elsewhere', () => {
  const { edits, muted } = withValue(withMute(NO_EDITS, 1), 1, 0.5, span);
  assert.deepEqual(muted, []);
  assert.deepEqual(toWireEdits({ edits, muted }, 1), [
    { dim: 1, op: 'set', value: 0 },
    { dim: 1, op: 'set', value: 0.5, start: 0.2, end: 0.5 },
  ]);
});

test('the request lists whole-clip edits, then spans, then mutes', () => {
  const layerEdits = withMute(withEdit(withEdit(NO_EDITS, edit(1, 3, { span })), edit(2, 1)), 0);
  assert.deepEqual(toWireEdits(layerEdits, 0.4), [
    { dim: 2, op: 'add', value: 1 },
    { dim: 1, op: 'add', value: 3, start: 0.2, end: 0.4 },
    { dim: 0, op: 'set', value: 0 },
  ]);
  assert.equal(toWireEdits(layerEdits, 0.1).length, 2, 'a span after the end of the clip is left out');
  assert.equal(toWireEdits(layerEdits, null)[1].end, 0.5);
});

test('whole-clip edits drop spans and layers without edits', () => {
  const editsByLayer = {
    1: withEdit(NO_EDITS, edit(1, 3, { span })),
    2: withMute(withEdit(NO_EDITS, edit(1, 3)), 2),
  };
  assert.deepEqual(wholeClipEdits(editsByLayer), { 2: editsByLayer[2] });
  const withoutMutes = filterEdits(
    editsByLayer,
    () => true,
    () => false,
  );
  assert.deepEqual(withoutMutes[2].muted, []);
  assert.equal(editsOfLayer(editsByLayer, 3), NO_EDITS);
  assert.equal(editsOfLayer(editsByLayer, null), NO_EDITS);
});
