import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decibels, fixed, hertz, milliseconds, seconds, short, signed } from '../../../frontend/core/format.js';

test('numbers have a true minus sign', () => {
  assert.equal(fixed(-1.005, 1), '−1.0');
  assert.equal(signed(-0.5), '−0.5');
  assert.equal(signed(0.5), '+0.5');
  assert.equal(signed(0), '0');
  assert.equal(short(1.236), '+1.24');
});

test('units are chosen by magnitude', () => {
  assert.equal(seconds(1.234), '1.23 s');
  assert.equal(seconds(12.34), '12.3 s');
  assert.equal(milliseconds(0.000625), '0.63 ms');
  assert.equal(milliseconds(0.0216), '22 ms');
  assert.equal(hertz(440.4), '440 Hz');
  assert.equal(hertz(4400), '4.40 kHz');
  assert.equal(decibels(-3.25), '−3.3 dB');
});
