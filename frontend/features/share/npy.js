/** Writes an array as a .npy file. Pure. */

const ALIGNED = 64;

/**
 * @param {Float32Array} values row-major
 * @param {number[]} shape
 * @returns {Blob}
 */
export function npyOf(values, shape) {
  const description = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  const prelude = 10; // magic string, version and header length
  const padded = Math.ceil((prelude + description.length + 1) / ALIGNED) * ALIGNED - prelude;
  const head = new Uint8Array(prelude + padded);
  head.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, padded & 255, padded >> 8]);
  head.set(new TextEncoder().encode(`${description.padEnd(padded - 1)}\n`), prelude);
  const view = new DataView(new ArrayBuffer(values.length * 4));
  values.forEach((value, at) => view.setFloat32(at * 4, value, true));
  return new Blob([head, view]);
}
