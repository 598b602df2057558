/** Histogram of one dimension over the training data, with the density of N(0, 1). */
import { fixed } from '../../core/format.js';
import { make } from '../../drawing/dom.js';

const SVG = 'http://www.w3.org/2000/svg';
const FROM = -4;
const TO = 4;
const TICKS = [-3, 0, 3];
const POINTS = 81;

/** @param {number} x */
const normal = (x) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/**
 * @param {import('../../server/api.js').Dimension} facts
 * @returns {HTMLElement | string} empty if the report has no histogram
 */
export function densityOf({ dim, histogram, mean, std }) {
  if (!histogram) return '';
  const { low, high, shares } = histogram;
  const step = (high - low) / shares.length;
  const densities = shares.map((share) => share / step);
  const most = Math.max(normal(0), ...densities);
  const spread =
    typeof mean === 'number' && typeof std === 'number'
      ? `mean ${fixed(mean, 2)}, standard deviation ${fixed(std, 2)}`
      : '';
  const svg = element('svg', {
    viewBox: `${FROM} 0 ${TO - FROM} 1`,
    preserveAspectRatio: 'none',
    role: 'img',
    'aria-label': `Distribution of dimension ${dim} in the training data: ${spread}`,
  });
  const bars = densities.map((density, bin) => `M${low + bin * step} 0v${density / most}h${step}V0z`).join('');
  const curve = Array.from({ length: POINTS }, (_, at) => FROM + ((TO - FROM) * at) / (POINTS - 1)).map(
    (x) => `${x} ${normal(x) / most}`,
  );
  const upward = 'matrix(1 0 0 -1 0 1)';
  svg.append(
    element('path', { class: 'density-bars', d: bars, transform: upward }),
    element('path', {
      class: 'density-normal',
      d: `M${curve.join('L')}`,
      transform: upward,
      'vector-effect': 'non-scaling-stroke',
    }),
  );
  const ticks = TICKS.map((tick) => {
    const label = make('span', {}, fixed(tick, 0));
    label.style.left = `${((tick - FROM) / (TO - FROM)) * 100}%`;
    return label;
  });
  return make(
    'section',
    { className: 'density' },
    make('h3', {}, 'Training data'),
    make('div', { className: 'density-plot' }, svg),
    make('div', { className: 'density-ticks', ariaHidden: 'true' }, ...ticks),
    make('p', { className: 'card-note' }, `${spread}. Line: N(0, 1).`),
  );
}

/**
 * @param {string} name
 * @param {{[name: string]: string}} attributes
 */
function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
