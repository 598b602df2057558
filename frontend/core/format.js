/** Numbers as people read them. A true minus sign keeps columns of figures straight. */

/**
 * @param {number} value
 * @param {number} digits after the point
 */
export const fixed = (value, digits) => value.toFixed(digits).replace('-', '−');

/** @param {number} value */
export const signed = (value) => (value > 0 ? '+' : '') + String(value).replace('-', '−');

/** @param {number} seconds */
export const seconds = (seconds) => `${fixed(seconds, seconds < 10 ? 2 : 1)} s`;

/** @param {number} seconds short ones, down to fractions of a millisecond */
export function milliseconds(seconds) {
  const ms = seconds * 1000;
  return `${ms < 10 ? Number(ms.toFixed(2)) : Math.round(ms)} ms`;
}

/** @param {number} hz */
export const hertz = (hz) => (hz < 1000 ? `${Math.round(hz)} Hz` : `${fixed(hz / 1000, 2)} kHz`);

/** @param {number} db */
export const decibels = (db) => `${fixed(db, 1)} dB`;

/** @param {number} value */
export const short = (value) => signed(Math.round(value * 100) / 100);
