/** The wire's arrays: `{shape, dtype, data}` with base64 little-endian row-major bytes, and spectrograms made of them. */

/** @typedef {{shape: number[], dtype: string, data: string}} WireArray */
/** @typedef {{values: WireArray, hop_seconds: number, band_hz: number[]}} WireSpectrogram */
/** @typedef {{values: Float32Array, bands: number, frames: number, hop: number, hz: number[]}} Spectrogram `values` is [bands, frames] in dB, row-major, band 0 the lowest */

/** @type {Float32Array | null} */
let halves = null;

/**
 * Every float16 as a float32, by its bits: a table of 65 536 turns a conversion into a look-up.
 * @returns {Float32Array}
 */
function halfTable() {
  if (halves) return halves;
  halves = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 0) halves[bits] = sign * fraction * 2 ** -24;
    else if (exponent === 31) halves[bits] = fraction ? NaN : sign * Infinity;
    else halves[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return halves;
}

/** @type {((text: string) => Uint8Array<ArrayBuffer>) | undefined} of browsers since 2025, several times as fast */
const fromBase64 = Reflect.get(Uint8Array, 'fromBase64')?.bind(Uint8Array);

/**
 * @param {string} text base64
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function decodeBase64(text) {
  if (fromBase64) return fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/**
 * @param {ArrayBuffer} buffer of float16
 * @param {number} offset in bytes, even
 * @param {number} count
 */
function floatsFromHalves(buffer, offset, count) {
  const table = halfTable();
  const bits = new Uint16Array(buffer, offset, count);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = table[bits[i]];
  return values;
}

/**
 * @param {WireArray} array float16 or float32
 * @returns {Float32Array} as many values as the shape says
 */
export function decodeFloats({ shape, dtype, data }) {
  const { buffer } = decodeBase64(data);
  const count = shape.reduce((product, size) => product * size, 1);
  if (dtype === 'float32') return new Float32Array(buffer, 0, count);
  if (dtype !== 'float16') throw new TypeError(`The server sent an array of ${dtype}, which this page cannot read.`);
  return floatsFromHalves(buffer, 0, count);
}

/**
 * @param {ArrayBuffer} file a .npy of little-endian float16, row-major
 * @returns {{shape: number[], values: Float32Array}}
 */
export function parseNpy(file) {
  const view = new DataView(file);
  const begins = view.getUint8(6) === 1 ? 10 : 12; // the header's length has two bytes in version 1 of the format, four after it
  const length = begins === 10 ? view.getUint16(8, true) : view.getUint32(8, true);
  const header = new TextDecoder('latin1').decode(new Uint8Array(file, begins, length));
  if (!/'descr': '<f2'/.test(header)) throw new TypeError('The server sent latents in a form this page cannot read.');
  const shape = (/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? '')
    .split(',')
    .filter((size) => size.trim())
    .map(Number);
  return {
    shape,
    values: floatsFromHalves(
      file,
      begins + length,
      shape.reduce((product, size) => product * size, 1),
    ),
  };
}

/**
 * @param {WireSpectrogram} wire
 * @returns {Spectrogram}
 */
export function parseSpectrogram(wire) {
  const [bands, frames] = wire.values.shape;
  return { values: decodeFloats(wire.values), bands, frames, hop: wire.hop_seconds, hz: wire.band_hz };
}
