/** Information of one dimension about each factor, in bits with 95 % intervals. */
import { fixed } from '../../core/format.js';
import { make } from '../../drawing/dom.js';

/** Smallest range of the axis, in bits. */
const LEAST_AXIS = 0.25;

/** @param {string} factor */
const factorName = (factor) => (factor === 'f0' ? 'F0' : factor.replaceAll('_', ' '));

/** @param {import('../../server/api.js').DimensionDetail} facts */
export function factorsOf({ labels, factors }) {
  const axis = Math.max(LEAST_AXIS, ...labels.map(({ high }) => high));
  const rest = factors.filter((factor) => !labels.some((label) => label.factor === factor)).map(factorName);
  const bars = make('ul', { className: 'factor-bars' }, ...labels.map((label) => barOf(label, axis)));
  return make(
    'section',
    {},
    make('h3', {}, 'Information about'),
    labels.length ? bars : '',
    make('p', { className: labels.length ? 'card-note' : 'card-weak' }, verdict(labels.length, factors.length, rest)),
  );
}

/**
 * @param {number} informative
 * @param {number} measured
 * @param {string[]} rest
 */
function verdict(informative, measured, rest) {
  if (!measured && !informative) return 'Not computed: run `python -m trainer analyse all`.';
  if (!informative) return `No factor above chance (${measured} tested): ${rest.join(', ')}.`;
  const scale = 'Bits on held-out speech, with 95 % intervals.';
  return rest.length ? `${scale} Not above chance: ${rest.join(', ')}.` : scale;
}

/**
 * @param {import('../../server/api.js').Label} label
 * @param {number} axis range of the axis, in bits
 */
function barOf({ factor, bits, low, high }, axis) {
  const share = (/** @type {number} */ value) => `${Math.min(100, Math.max(0, (value / axis) * 100))}%`;
  const [bar, interval] = [make('i', { className: 'factor-bar' }), make('i', { className: 'factor-interval' })];
  bar.style.width = share(bits);
  interval.style.left = share(low);
  interval.style.right = `calc(100% - ${share(high)})`;
  const title = `${fixed(low, 3)} to ${fixed(high, 3)} bits`;
  return make(
    'li',
    { title },
    make('span', {}, factorName(factor)),
    make('span', { className: 'factor-track', ariaHidden: 'true' }, bar, interval),
    make('b', {}, fixed(bits, 2)),
    make('span', { className: 'visually-hidden' }, `bits, ${title}`),
  );
}
