import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBase64, decodeFloats, parseNpy, parseSpectrogram } from '../../../frontend/core/arrays.js';

const base64 = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64');

test('base64 is decoded to bytes', () => {
  assert.deepEqual([...decodeBase64('AAEC/w==')], [0, 1, 2, 255]);
});

test('float32 arrays keep their bits', () => {
  const values = Float32Array.from([1.5, -0.1, 3e-9]);
  assert.deepEqual(decodeFloats({ shape: [3], dtype: 'float32', data: base64(values) }), values);
});

test('float16 is converted exactly: normal, subnormal, zero, infinite and NaN', () => {
  const bits = Uint16Array.from([0x3c00, 0xc000, 0x0001, 0x8000, 0x7bff, 0x7c00, 0xfc00, 0x7e00, 0x3555]);
  const values = decodeFloats({ shape: [3, 3], dtype: 'float16', data: base64(bits) });
  assert.deepEqual([...values], [1, -2, 2 ** -24, -0, 65504, Infinity, -Infinity, NaN, 0.333251953125]);
});

test('other types are refused', () => {
  assert.throws(() => decodeFloats({ shape: [1], dtype: 'int8', data: 'AA==' }), TypeError);
});

/** A .npy file as NumPy writes it. */
function npy(version, header, values) {
  const prefix = version === 1 ? 10 : 12;
  const text = header.padEnd(128 - prefix - 1) + '\n';
  const file = new Uint8Array(128 + values.byteLength);
  file.set([0x93, ...Buffer.from('NUMPY'), version, 0]);
  const view = new DataView(file.buffer);
  if (version === 1) view.setUint16(8, text.length, true);
  else view.setUint32(8, text.length, true);
  file.set(Buffer.from(text), prefix);
  file.set(new Uint8Array(values.buffer), 128);
  return file.buffer;
}

test('npy files of both header versions are parsed', () => {
  const header = "{'descr': '<f2', 'fortran_order': False, 'shape': (2, 1, 3), }";
  const values = Uint16Array.from([0x3c00, 0x4000, 0x4200, 0, 0xbc00, 0xfc00]);
  for (const version of [1, 2]) {
    const parsed = parseNpy(npy(version, header, values));
    assert.deepEqual(parsed.shape, [2, 1, 3]);
    assert.deepEqual([...parsed.values], [1, 2, 3, 0, -1, -Infinity]);
  }
  assert.deepEqual(parseNpy(npy(1, "{'descr': '<f2', 'shape': (6,), }", values)).shape, [6]);
  assert.throws(() => parseNpy(npy(1, "{'descr': '<f8', 'shape': (6,), }", values)), TypeError);
});

test('a spectrogram has bands, frames, hop and band frequencies', () => {
  const values = Float32Array.from([-10, -20, -30, -40, -50, -60]);
  const wire = {
    values: { shape: [2, 3], dtype: 'float32', data: base64(values) },
    hop_seconds: 0.01,
    band_hz: [100, 200],
  };
  assert.deepEqual(parseSpectrogram(wire), { values, bands: 2, frames: 3, hop: 0.01, hz: [100, 200] });
});
