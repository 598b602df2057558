/** Caption of an exported picture. Pure. */
import { fixed, seconds, signed } from '../../core/format.js';

/** @typedef {import('./recipe.js').Recipe} Recipe */

const MOST_EDITS = 12;
const BASES = {
  mean: 'the posterior mean',
  sample: 'a random sample from the posterior',
  prior: 'a random sample from the prior',
  zero: 'zero latents',
};
const OP_TEXT = { add: 'shifted by', set: 'set to', scale: 'scaled by' };

/** @param {import('../../core/edits.js').WireEdit} edit */
function editText({ dim, op, value, start, end }) {
  const amount = op === 'add' ? signed(value) : fixed(value, 2).replace(/\.?0+$/, '');
  return `dimension ${dim} ${OP_TEXT[op]} ${amount}${start === undefined ? '' : ` from ${seconds(start)} to ${seconds(end ?? 0)}`}`;
}

/**
 * @param {Recipe} recipe
 * @returns {string[]} lines
 */
export function captionOf({ model, recording, decode }) {
  const { module, base, seed, edits } = decode;
  const source = !recording ? 'No recording' : 'example' in recording ? `Example ${recording.example}` : recording.file;
  const drawn = base === 'sample' || base === 'prior' ? `, seed ${seed}` : '';
  const all = edits.map(editText);
  const listed = all.length > MOST_EDITS ? [...all.slice(0, MOST_EDITS), `and ${all.length - MOST_EDITS} more`] : all;
  return [
    `${source}. Model ${model.name}, layer ${module}, decoded from ${BASES[/** @type {keyof typeof BASES} */ (base)]}${drawn}.`,
    listed.length ? `Edits: ${listed.join('; ')}.` : 'No edits.',
  ];
}
