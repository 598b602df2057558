/** Samples as a WAV file. Pure. */

const HEADER_BYTES = 44;

/**
 * @param {Float32Array} samples mono; what lies outside ±1 is clipped
 * @param {number} rate in Hz
 * @returns {ArrayBuffer} a 16-bit WAV
 */
export function encodeWav(samples, rate) {
  const bytes = samples.length * 2;
  const buffer = new ArrayBuffer(HEADER_BYTES + bytes);
  const view = new DataView(buffer);
  const word = (/** @type {number} */ at, /** @type {string} */ text) =>
    [...text].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  word(0, 'RIFF');
  view.setUint32(4, HEADER_BYTES - 8 + bytes, true);
  word(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // one channel
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  word(36, 'data');
  view.setUint32(40, bytes, true);
  for (let i = 0; i < samples.length; i++)
    view.setInt16(HEADER_BYTES + i * 2, Math.round(Math.min(1, Math.max(-1, samples[i])) * 32767), true);
  return buffer;
}
