/** Effect of one unit of a dimension on acoustic measures of the decoded sound, with its spread over recordings. */
import { fixed } from '../../core/format.js';
import { make } from '../../drawing/dom.js';

/** @typedef {import('../../server/api.js').Effect} Effect */

/** Display names of measures. */
const NAMES = new Map([
  ['f0', 'F0'],
  ['f1', 'F1'],
  ['f2', 'F2'],
  ['f3', 'F3'],
  ['spectral_centroid', 'brightness'],
  ['voiced_duration', 'voiced time'],
]);

/** @param {number} value with two significant digits and its sign */
const short = (value) => `${value > 0 ? '+' : ''}${Number(value.toPrecision(2)).toString().replace('-', '−')}`;

/** @param {Effect} effect */
const isSignificant = ({ low, high }) => low > 0 || high < 0;

/** @param {import('../../server/api.js').DimensionDetail} facts */
export function effectsOf({ effects, active }) {
  const significant = effects.filter(isSignificant).length;
  const note = effects.length
    ? `${significant ? '' : 'No significant effect. '}Median over ${effects[0].n} recordings of half the difference between +1 and −1, ± half the interquartile range. Grey: not significant (the 95 % interval contains zero).`
    : active === false
      ? 'Not computed: the dimension carries almost no information.'
      : 'Not computed: run `python -m trainer analyse all`. The layer needs a decoder.';
  const rows = [...effects].sort((one, other) => Number(isSignificant(other)) - Number(isSignificant(one))).map(rowOf);
  return make(
    'section',
    {},
    make('h3', {}, 'Effect of +1'),
    effects.length ? make('ul', { className: 'effects' }, ...rows) : '',
    make('p', { className: effects.length ? 'card-note' : 'card-weak' }, note),
  );
}

/** @param {Effect} effect */
function rowOf(effect) {
  const { measure, unit, change, low, high, spread } = effect;
  const title = `95 % interval ${short(low)} to ${short(high)} ${unit}`;
  const value = make(
    'span',
    { className: 'effect-value' },
    `${short(change)} ± ${fixed(Number(spread.toPrecision(2)), spread < 1 ? 2 : spread < 10 ? 1 : 0)} ${unit}`,
  );
  return make(
    'li',
    { title, className: isSignificant(effect) ? 'significant' : 'not-significant' },
    make('span', {}, NAMES.get(measure) ?? measure.replaceAll('_', ' ')),
    value,
  );
}
