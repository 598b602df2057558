import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyTarget } from '../../../frontend/features/sliders/slider-keys.js';

const range = { low: -3, high: 3 };
const press = (key, now, modifiers = {}) => keyTarget({ key, ...modifiers }, now, range);
const close = (actual, expected) => assert.ok(Math.abs(actual - expected) < 1e-12, `${actual}`);

test('arrows move by 0.1, with Shift by 0.01, and pages by 0.5', () => {
  close(press('ArrowRight', 1), 1.1);
  close(press('ArrowDown', 1), 0.9);
  close(press('ArrowUp', 1, { shiftKey: true }), 1.01);
  close(press('PageUp', 1), 1.5);
  close(press('PageDown', 1), 0.5);
});

test('values stay in the range, and Home and End are its ends', () => {
  assert.deepEqual([press('ArrowRight', 2.95), press('PageDown', -2.9)], [3, -3]);
  assert.deepEqual([press('Home', 1), press('End', 1)], [-3, 3]);
});

test('Delete, Backspace and Escape reset; other keys and shortcuts do nothing', () => {
  for (const key of ['Delete', 'Backspace', 'Escape']) assert.equal(press(key, 1), null);
  assert.equal(press('x', 1), undefined);
  assert.equal(press('ArrowRight', 1, { ctrlKey: true }), undefined);
});
