import assert from 'node:assert/strict';
import { test } from 'node:test';
import { levelOf, matchingGain } from '../../../frontend/audio/loudness.js';
import { peaksInSpan } from '../../../frontend/audio/samples.js';
import { encodeWav } from '../../../frontend/audio/wav.js';

const buffer = (...channels) => ({
  numberOfChannels: channels.length,
  length: channels[0].length,
  getChannelData: (channel) => Float32Array.from(channels[channel]),
});

test('a WAV file has a RIFF header and 16-bit samples, clipped to full scale', () => {
  const view = new DataView(encodeWav(Float32Array.from([0, 1, -1, 2, 0.5]), 16000));
  const text = (at, length) => String.fromCharCode(...new Uint8Array(view.buffer, at, length));
  assert.deepEqual([text(0, 4), text(8, 8), text(36, 4)], ['RIFF', 'WAVEfmt ', 'data']);
  assert.equal(view.getUint32(4, true), view.byteLength - 8);
  assert.equal(view.getUint16(20, true), 1, 'PCM');
  assert.equal(view.getUint16(22, true), 1, 'one channel');
  assert.equal(view.getUint32(24, true), 16000);
  assert.equal(view.getUint32(28, true), 32000, 'bytes per second');
  assert.equal(view.getUint32(40, true), 10);
  const samples = [0, 1, 2, 3, 4].map((index) => view.getInt16(44 + 2 * index, true));
  assert.deepEqual(samples, [0, 32767, -32767, 32767, 16384]);
});

test('the level is the RMS and peak over all channels', () => {
  const { rms, peak } = levelOf(buffer([0.5, -0.5], [0, 0]));
  assert.ok(Math.abs(rms - Math.sqrt(0.125)) < 1e-7);
  assert.equal(peak, 0.5);
});

test('the gain matches the RMS of the reference', () => {
  assert.equal(matchingGain({ rms: 0.1, peak: 0.2 }, { rms: 0.2, peak: 0.9 }), 2);
  assert.equal(matchingGain({ rms: 0.2, peak: 0.9 }, { rms: 0.1, peak: 0.1 }), 0.5);
});

test('the gain does not clip the peak, and silence is not amplified', () => {
  assert.equal(matchingGain({ rms: 0.1, peak: 0.8 }, { rms: 0.5, peak: 1 }), 1.25);
  assert.equal(
    matchingGain({ rms: 0.1, peak: 2 }, { rms: 0.5, peak: 1 }),
    1,
    'a sound above full scale stays as it is',
  );
  assert.equal(matchingGain({ rms: 1e-5, peak: 1e-4 }, { rms: 0.5, peak: 1 }), 1);
  assert.equal(matchingGain({ rms: 0.1, peak: 0.8 }, { rms: 0, peak: 0 }), 1);
});

test('peaks are the minimum and maximum of each segment, without gaps between segments', () => {
  const samples = { values: Float32Array.from([0, 1, -1, 0.5, 0.25, -0.5, 0, 0]), rate: 4 };
  assert.deepEqual([...peaksInSpan(samples, { start: 0, end: 2 }, 2)], [-1, -0.5, 1, 0.25]);
  const one = peaksInSpan(samples, { start: 0, end: 0 }, 0);
  assert.deepEqual([...one], [0, 1], 'at least one segment of one sample');
});
