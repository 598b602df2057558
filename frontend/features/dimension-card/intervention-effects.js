/** What a step of one dimension does to the sound, as far as it is sure, and how much that differs from clip to clip. */
import { fixed } from '../../core/format.js';
import { make } from '../../drawing/dom.js';

/** @typedef {import('../../server/api.js').Effect} Effect */

/** What measures are called where they are not called so. */
const NAMES = new Map([
  ['f0', 'F0'],
  ['f1', 'F1'],
  ['f2', 'F2'],
  ['f3', 'F3'],
  ['spectral_centroid', 'brightness'],
  ['voiced_duration', 'voiced time'],
]);

/** @param {number} value with three figures, and its sign */
const short = (value) => `${value > 0 ? '+' : ''}${Number(value.toPrecision(2)).toString().replace('-', '−')}`;

/** @param {Effect} effect */
const isSure = ({ low, high }) => low > 0 || high < 0;

/** @param {import('../../server/api.js').DimensionDetail} facts */
export function effectsOf({ effects, active }) {
  const sure = effects.filter(isSure).length;
  const note = effects.length
    ? `${sure ? '' : 'Nothing sure. '}Median of ${effects[0].n} clips; ± half the range of the middle half of them. Faint: its 95 % interval holds zero.`
    : active === false
      ? 'Not measured: the model hardly uses it.'
      : 'Not measured: `python -m trainer analyse all` does it, where the module has a decoder.';
  const rows = [...effects].sort((one, other) => Number(isSure(other)) - Number(isSure(one))).map(rowOf);
  return make(
    'section',
    {},
    make('h3', {}, 'What +1 does to the sound'),
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
    { title, className: isSure(effect) ? 'sure' : 'unsure' },
    make('span', {}, NAMES.get(measure) ?? measure.replaceAll('_', ' ')),
    value,
  );
}
