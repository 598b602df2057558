/** What one dimension tells of, in bits with their intervals; and what it does not. */
import { fixed } from '../../core/format.js';
import { make } from '../../drawing/dom.js';

/** The axis reaches at least this far, in bits, so that a little looks like a little. */
const LEAST_AXIS = 0.25;

/** @param {string} factor */
const spoken = (factor) => (factor === 'f0' ? 'F0' : factor.replaceAll('_', ' '));

/** @param {import('../../server/api.js').DimensionDetail} facts */
export function factorsOf({ labels, factors }) {
  const axis = Math.max(LEAST_AXIS, ...labels.map(({ high }) => high));
  const rest = factors.filter((factor) => !labels.some((label) => label.factor === factor)).map(spoken);
  const bars = make('ul', { className: 'factor-bars' }, ...labels.map((label) => barOf(label, axis)));
  return make(
    'section',
    {},
    make('h3', {}, 'What it tells of'),
    labels.length ? bars : '',
    make('p', { className: labels.length ? 'card-note' : 'card-weak' }, verdict(labels.length, factors.length, rest)),
  );
}

/**
 * @param {number} told
 * @param {number} measured
 * @param {string[]} rest
 */
function verdict(told, measured, rest) {
  if (!measured && !told) return 'Not measured: `python -m trainer analyse all` does it.';
  if (!told) return `No factor above chance, of ${measured} asked: ${rest.join(', ')}.`;
  const scale = 'Bits on speech held out, with 95 % intervals.';
  return rest.length ? `${scale} Not above chance: ${rest.join(', ')}.` : scale;
}

/**
 * @param {import('../../server/api.js').Label} label
 * @param {number} axis bits at its right end
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
    make('span', {}, spoken(factor)),
    make('span', { className: 'factor-track', ariaHidden: 'true' }, bar, interval),
    make('b', {}, fixed(bits, 2)),
    make('span', { className: 'visually-hidden' }, `bits, ${title}`),
  );
}
