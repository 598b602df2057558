import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isVisible,
  positionIn,
  scrolledBy,
  scrolledTo,
  secondsAt,
  visibleWindow,
  zoomed,
} from '../../../frontend/core/zoom.js';
import { openStore } from '../support/state.js';

const window = { start: 2, end: 4 };
const close = (actual, expected) => {
  assert.ok(Math.abs(actual.start - expected.start) < 1e-9, `start ${actual.start}`);
  assert.ok(Math.abs(actual.end - expected.end) < 1e-9, `end ${actual.end}`);
};

test('the whole clip is visible unless zoomed', () => {
  assert.deepEqual(visibleWindow(openStore().state), { start: 0, end: 1 });
  assert.deepEqual(visibleWindow(openStore({ view: window }).state), window);
  assert.deepEqual(visibleWindow(openStore({ recording: null, decoded: null }).state), { start: 0, end: 0 });
});

test('positions and seconds are inverse', () => {
  assert.equal(positionIn(window, 2.5), 0.25);
  assert.equal(secondsAt(window, 0.25), 2.5);
  assert.equal(positionIn({ start: 0, end: 0 }, 0), 0);
});

test('zooming keeps the time under the pointer at its position', () => {
  const closer = zoomed(window, 10, 2, 2.5);
  close(closer, { start: 2.25, end: 3.25 });
  assert.ok(Math.abs(positionIn(closer, 2.5) - 0.25) < 1e-9);
});

test('zooming stays within the clip and above the narrowest window', () => {
  close(zoomed({ start: 0, end: 2 }, 10, 0.5, 2), { start: 0, end: 4 });
  assert.equal(zoomed(window, 10, 0.1, 3), null, 'null is the whole clip');
  const narrowest = zoomed(window, 10, 1e6, 3);
  assert.ok(Math.abs(narrowest.end - narrowest.start - 0.03) < 1e-9);
});

test('scrolling stops at the ends of the clip', () => {
  close(scrolledBy(window, 10, 1), { start: 3, end: 5 });
  close(scrolledBy(window, 10, -5), { start: 0, end: 2 });
  close(scrolledBy(window, 10, 50), { start: 8, end: 10 });
});

test('playback scrolls to a tenth of the window', () => {
  close(scrolledTo(window, 10, 5), { start: 4.8, end: 6.8 });
  assert.ok(isVisible(window, 2) && isVisible(window, 4) && !isVisible(window, 4.1));
});
