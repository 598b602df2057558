/** Formats numbers with units. A true minus sign (U+2212) keeps columns aligned. */

/**
 * @param {number} value
 * @param {number} digits after the decimal point
 */
export const fixed = (value, digits) => value.toFixed(digits).replace('-', '−');

/** @param {number} value */
export const signed = (value) => (value > 0 ? '+' : '') + String(value).replace('-', '−');

/** @param {number} value rounded to two decimals */
export const short = (value) => signed(Math.round(value * 100) / 100);

/** @param {number} seconds */
export const seconds = (seconds) => `${fixed(seconds, seconds < 10 ? 2 : 1)} s`;

/** @param {number} seconds */
export function milliseconds(seconds) {
  const ms = seconds * 1000;
  return `${ms < 10 ? Number(ms.toFixed(2)) : Math.round(ms)} ms`;
}

/** @param {number} hz */
export const hertz = (hz) => (hz < 1000 ? `${Math.round(hz)} Hz` : `${fixed(hz / 1000, 2)} kHz`);

/** @param {number} db */
export const decibels = (db) => `${fixed(db, 1)} dB`;

/**
 * The page says "layer" where messages of the API say "module".
 * @param {string} text
 */
export const layerNames = (text) => text.replace(/\b([Mm])odule (?=\d)/g, (_, m) => (m === 'M' ? 'Layer ' : 'layer '));
