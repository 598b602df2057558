/** Encodes samples as a WAV file. */

const HEADER_BYTES = 44;

/**
 * @param {Float32Array} samples mono; clipped to ±1
 * @param {number} rate in Hz
 * @returns {ArrayBuffer} a 16-bit WAV file
 */
export function encodeWav(samples, rate) {
  const bytes = samples.length * 2;
  const buffer = new ArrayBuffer(HEADER_BYTES + bytes);
  const view = new DataView(buffer);
  const write = (/** @type {number} */ at, /** @type {string} */ text) =>
    [...text].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  write(0, 'RIFF');
  view.setUint32(4, HEADER_BYTES - 8 + bytes, true);
  write(8, 'WAVEfmt ');
  view.setUint32(16, 16, true); // size of the format chunk
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // channels
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * 2, true); // bytes per second
  view.setUint16(32, 2, true); // bytes per frame
  view.setUint16(34, 16, true); // bits per sample
  write(36, 'data');
  view.setUint32(40, bytes, true);
  for (let i = 0; i < samples.length; i++)
    view.setInt16(HEADER_BYTES + i * 2, Math.round(Math.min(1, Math.max(-1, samples[i])) * 32767), true);
  return buffer;
}
