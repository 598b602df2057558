import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frequencyTicks, timeTicks } from '../../../frontend/drawing/axes.js';
import { colourMap, signedColourMap } from '../../../frontend/drawing/colours.js';
import { heatMapOf, heatRangeOf, rowsOf } from '../../../frontend/drawing/heatmap.js';
import { readRaster } from '../../../frontend/drawing/raster.js';
import { differenceOf, rangeOf, rasterOf, readSpectrogram } from '../../../frontend/drawing/spectrogram.js';
import { MODEL, openStore } from '../support/state.js';

test('time ticks are round numbers', () => {
  assert.deepEqual(
    timeTicks(2, 4).map(({ label }) => label),
    ['0.0', '0.5', '1.0', '1.5', '2.0'],
  );
  assert.deepEqual(
    timeTicks(0.3, 3, 0.95).map(({ at, label }) => [Math.round(at * 1e6) / 1e6, label]),
    [
      [0.166667, '1.0'],
      [0.5, '1.1'],
      [0.833333, '1.2'],
    ],
  );
});

test('frequency ticks lie on the bands and keep their distance', () => {
  const centres = [50, 150, 250, 450, 550, 950, 1050];
  const ticks = frequencyTicks(centres, 0);
  assert.deepEqual(
    ticks.map(({ label }) => label),
    ['100', '200', '500', '1k'],
  );
  assert.ok(Math.abs(ticks[0].at - 1 / 7) < 1e-12);
  assert.ok(frequencyTicks(centres, 0.4).length < ticks.length);
});

/** Relative luminance of a little-endian RGBA word. */
const luminance = (word) => {
  const linear = [word & 255, (word >> 8) & 255, (word >> 16) & 255].map((part) =>
    part <= 10 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
};

test('colour maps have 256 opaque colours of monotonic luminance', () => {
  for (const [map, direction] of [
    [colourMap(true), 1],
    [colourMap(false), -1],
    [signedColourMap(true), 1],
    [signedColourMap(false), -1],
  ]) {
    assert.equal(map.length, 256);
    for (let index = 1; index < 256; index++)
      assert.ok(direction * (luminance(map[index]) - luminance(map[index - 1])) > -0.002, `step ${index}`);
    assert.ok(map.every((word) => word >>> 24 === 255));
  }
});

const spectrogram = (rows) => ({
  values: Float32Array.from(rows.flat()),
  bands: rows.length,
  frames: rows[0].length,
  hop: 0.01,
  hz: rows.map((_, band) => 100 * (band + 1)),
});

test('the level range is the 70 dB below the maximum, rounded up to 5 dB', () => {
  assert.deepEqual(rangeOf(spectrogram([[-80, -12.5]])), { low: -80, high: -10 });
});

test('differences cover common frames, and silence differs from silence by zero', () => {
  const before = spectrogram([
    [-10, -120, -20],
    [-30, -30, -30],
  ]);
  const after = spectrogram([
    [-15, -100],
    [-90, -30],
  ]);
  const { values, frames } = differenceOf(before, after, -80);
  assert.equal(frames, 2);
  assert.deepEqual([...values], [-5, 0, -50, 0]);
});

test('values are read at the closest frame and band', () => {
  const sound = spectrogram([
    [-1, -2, -3],
    [-4, -5, -6],
  ]);
  assert.deepEqual(readSpectrogram(sound, 0.011, 0.9), { hz: 200, db: -5 });
  assert.deepEqual(readRaster(rasterOf(sound), 9, -1), { row: 0, value: -3 });
});

test('the heat map has one row per dimension, highest KL at the top', () => {
  const store = openStore();
  assert.deepEqual(rowsOf(store.state), [0, 1, 2, 3]);
  const latents = {
    dims: 4,
    frames: 2,
    mean: Float32Array.from([0, 1, 2, 3, 4, 5, 6, 7]),
    logvar: new Float32Array(8),
  };
  const heat = heatMapOf(latents, [2, 0], 'mean', MODEL.modules[0]);
  assert.deepEqual([...heat.values], [4, 5, 0, 1]);
  assert.deepEqual([heat.rows, heat.hop, heat.first], [2, 0.01, 0.02]);
  assert.deepEqual(heatRangeOf(heat, 'mean'), { low: -3, high: 3 });
  const deviations = heatMapOf(latents, [1], 'sd', MODEL.modules[0]);
  assert.deepEqual([...deviations.values], [1, 1]);
  const kl = heatMapOf(latents, [1], 'kl', MODEL.modules[0]);
  assert.deepEqual([...kl.values], [2, 4.5]);
  assert.deepEqual(heatRangeOf(kl, 'kl'), { low: 0, high: 5 });
});
