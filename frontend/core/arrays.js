/**
 * Decodes the arrays of the HTTP contract: `{shape, dtype, data}` with base64, little-endian, row-major bytes; .npy
 * files; spectrograms.
 */

/** @typedef {{shape: number[], dtype: string, data: string}} WireArray */
/** @typedef {{values: WireArray, hop_seconds: number, band_hz: number[]}} WireSpectrogram */
/**
 * @typedef {{values: Float32Array, bands: number, frames: number, hop: number, hz: number[]}} Spectrogram `values` is
 * [bands, frames] in dB, row-major, lowest band first; `hop` in seconds
 */

/** @type {Float32Array | null} */
let float16Table = null;

/**
 * Every float16 as a float32, indexed by its bits: one look-up per value instead of arithmetic.
 * @returns {Float32Array}
 */
function float16Values() {
  if (float16Table) return float16Table;
  float16Table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 0) float16Table[bits] = sign * fraction * 2 ** -24;
    else if (exponent === 31) float16Table[bits] = fraction ? NaN : sign * Infinity;
    else float16Table[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return float16Table;
}

/**
 * @type {((text: string) => Uint8Array<ArrayBuffer>) | undefined} native in browsers since 2025, and several times
 * faster than atob
 */
const nativeFromBase64 = Reflect.get(Uint8Array, 'fromBase64')?.bind(Uint8Array);

/**
 * @param {string} text base64
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function decodeBase64(text) {
  if (nativeFromBase64) return nativeFromBase64(text);
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
function float16ToFloat32(buffer, offset, count) {
  const table = float16Values();
  const bits = new Uint16Array(buffer, offset, count);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = table[bits[i]];
  return values;
}

/** @param {number[]} shape */
const sizeOf = (shape) => shape.reduce((product, size) => product * size, 1);

/**
 * @param {WireArray} array float16 or float32
 * @returns {Float32Array} flat, row-major
 */
export function decodeFloats({ shape, dtype, data }) {
  const { buffer } = decodeBase64(data);
  if (dtype === 'float32') return new Float32Array(buffer, 0, sizeOf(shape));
  if (dtype !== 'float16') throw new TypeError(`The server sent an array of unsupported type ${dtype}.`);
  return float16ToFloat32(buffer, 0, sizeOf(shape));
}

/**
 * @param {ArrayBuffer} file a .npy file of little-endian float16, row-major
 * @returns {{shape: number[], values: Float32Array}}
 */
export function parseNpy(file) {
  const view = new DataView(file);
  // Version 1 stores the header length in two bytes, later versions in four.
  const headerStart = view.getUint8(6) === 1 ? 10 : 12;
  const length = headerStart === 10 ? view.getUint16(8, true) : view.getUint32(8, true);
  const header = new TextDecoder('latin1').decode(new Uint8Array(file, headerStart, length));
  if (!/'descr': '<f2'/.test(header)) throw new TypeError('The server sent latents of an unsupported type.');
  const sizes = /'shape': \(([^)]*)\)/.exec(header)?.[1] ?? '';
  const shape = Array.from(sizes.matchAll(/\d+/g), Number);
  return { shape, values: float16ToFloat32(file, headerStart + length, sizeOf(shape)) };
}

/**
 * @param {WireSpectrogram} wire
 * @returns {Spectrogram}
 */
export function parseSpectrogram(wire) {
  const [bands, frames] = wire.values.shape;
  return { values: decodeFloats(wire.values), bands, frames, hop: wire.hop_seconds, hz: wire.band_hz };
}
