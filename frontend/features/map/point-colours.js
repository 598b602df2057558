/**
 * Colours and symbols of map points: text for phones, colour and shape for other names, a colour scale for quantities.
 */
import { fixed } from '../../core/format.js';
import { ipaOf } from '../../core/phones.js';
import { escapeMarkup, themedColour } from '../../drawing/chart.js';

/** @typedef {import('./model.js').Value} Value */
/** @typedef {{words: string, colour: string, symbol: string}} KeyEntry */

/** Okabe and Ito's palette, as in the figures. */
const COLOURS = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#8A6D3B'];
const SYMBOLS = ['circle', 'square', 'diamond', 'triangle-up', 'cross', 'x'];
const UNKNOWN = '#7F7F7F';
/** Low to high: blue, grey, orange. Both ends are visible on light and dark backgrounds. */
const SCALE = /** @type {const} */ ([
  [0, '#2F8CC9'],
  [0.5, '#A3A3A3'],
  [1, '#E06A00'],
]);
/** Labels short enough to be drawn as text. */
const TEXT_LABELS = ['phone', 'vowel', 'consonant'];
const UNITS = new Map([
  ['f0', ' Hz'],
  ['loudness', ' dB'],
  ['rate', ' words per minute'],
]);

/**
 * @param {string} by
 * @param {Value[]} values
 * @returns {{trace: import('../../drawing/chart-loader.js').Trace, key: KeyEntry[] | {low: string, high: string} |
 * null}} additions to the trace, and its key
 */
export function coloured(by, values) {
  if (values.some((value) => typeof value === 'number')) return scaled(by, values);
  const names = [...new Set(values.filter((value) => typeof value === 'string'))].sort();
  const entry = (/** @type {string} */ name) => {
    const at = names.indexOf(name);
    return {
      words: name.replaceAll('_', ' '),
      colour: themedColour(COLOURS[at % COLOURS.length]),
      symbol: SYMBOLS[Math.floor(at / COLOURS.length) % SYMBOLS.length],
    };
  };
  const each = values.map((value) =>
    typeof value === 'string' ? entry(value) : { words: '·', colour: themedColour(UNKNOWN), symbol: 'circle-open' },
  );
  const colours = each.map(({ colour }) => colour);
  if (TEXT_LABELS.includes(by)) {
    const ipa = ipaOf(names);
    return {
      trace: {
        mode: 'text',
        text: each.map(({ words }) => escapeMarkup(ipa(words))),
        textfont: { color: colours, size: values.length > 200 ? 11 : 14 },
      },
      key: null,
    };
  }
  const marker = { color: colours, symbol: each.map(({ symbol }) => symbol), size: 9 };
  return { trace: { mode: 'markers', marker }, key: names.map(entry) };
}

/**
 * @param {string} by
 * @param {Value[]} values
 */
function scaled(by, values) {
  const known = values.filter((value) => typeof value === 'number');
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const formatted = (/** @type {number} */ value) => `${fixed(value, high - low < 5 ? 2 : 0)}${UNITS.get(by) ?? ''}`;
  const marker = {
    color: values.map((value) => value ?? null),
    colorscale: SCALE,
    cmin: low,
    cmax: high > low ? high : low + 1,
    size: 9,
    opacity: values.map((value) => (value === null ? 0.15 : 1)),
  };
  return { trace: { mode: 'markers', marker }, key: { low: formatted(low), high: formatted(high) } };
}
