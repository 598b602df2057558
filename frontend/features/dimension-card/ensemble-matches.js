/** Where a dimension is found in the other models of the ensemble, and a button that moves both. */
import { fixed } from '../../core/format.js';
import { make } from '../../drawing/dom.js';

/** @typedef {import('../ensemble/ensemble-membership.js').Found} Found */

/**
 * @param {number} dim
 * @param {import('../ensemble/ensemble-membership.js').EnsembleMembership} membership
 * @returns {HTMLElement} hidden until it is known to be in any
 */
export function ensembleMatchesOf(dim, membership) {
  const list = make('ol', { className: 'elsewhere' });
  const note = make('p', { className: 'card-note' });
  const element = make('section', { hidden: true }, make('h3', {}, 'In the other models'), list, note);
  element.style.gridColumn = '1 / -1';
  membership.nearest(dim).then((found) => {
    if (!found) return; // its model is of no ensemble
    const heard = found.filter(({ model }) => model !== null);
    const mute = found.filter(({ model }) => model === null).map(({ nmi }) => nmi);
    list.replaceChildren(...heard.map((one) => rowOf(dim, one, membership)));
    const others = mute.length
      ? ` Of ${mute.length} more, whose weights are not here, the nearest share NMI ${fixed(Math.min(...mute), 2)} to ${fixed(Math.max(...mute), 2)}.`
      : '';
    note.textContent = found.length
      ? `The dimension of each that holds most of the same; NMI is 1 for all of it, 0 for nothing.${others}`
      : 'It tells next to nothing, and was not compared.';
    element.hidden = false;
  });
  return element;
}

/**
 * @param {number} dim
 * @param {Found} found
 * @param {import('../ensemble/ensemble-membership.js').EnsembleMembership} membership
 */
function rowOf(dim, found, membership) {
  const { model, module, dim: there, nmi } = found;
  const button = make(
    'button',
    { type: 'button', ariaLabel: `Dimension ${dim}, find in ${model} and move both` },
    'Move both',
  );
  button.addEventListener('click', () => membership.move(dim, found));
  return make(
    'li',
    {},
    make('span', {}, make('b', {}, String(model)), ` module ${module}, dimension ${there}`),
    make('span', {}, `NMI ${fixed(nmi, 2)}`),
    button,
  );
}
