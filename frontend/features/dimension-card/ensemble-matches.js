/** Matching dimensions in the other models of the ensemble, with a button that links the two. */
import { fixed } from '../../core/format.js';
import { make } from '../../drawing/dom.js';

/** @typedef {import('../ensemble/ensemble-membership.js').Found} Found */

/**
 * @param {number} dim
 * @param {import('../ensemble/ensemble-membership.js').EnsembleMembership} membership
 * @returns {HTMLElement} hidden until the matches are known
 */
export function ensembleMatchesOf(dim, membership) {
  const list = make('ol', { className: 'ensemble-matches' });
  const note = make('p', { className: 'card-note' });
  const element = make('section', { hidden: true }, make('h3', {}, 'In other models'), list, note);
  element.style.gridColumn = '1 / -1';
  membership.nearest(dim).then((found) => {
    if (!found) return; // the model is in no ensemble
    const available = found.filter(({ model }) => model !== null);
    const unavailable = found.filter(({ model }) => model === null).map(({ nmi }) => nmi);
    list.replaceChildren(...available.map((one) => rowOf(dim, one, membership)));
    const others = unavailable.length
      ? ` In ${unavailable.length} more models, whose weights are not available, the closest dimensions have NMI ${fixed(Math.min(...unavailable), 2)} to ${fixed(Math.max(...unavailable), 2)}.`
      : '';
    note.textContent = found.length
      ? `The dimension of each model with the highest NMI.${others}`
      : 'This dimension carries almost no information and was not compared.';
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
  const { model, module, dim: otherDim, nmi } = found;
  const button = make(
    'button',
    { type: 'button', ariaLabel: `Dimension ${dim}, link with the match in ${model}` },
    'Link',
  );
  button.addEventListener('click', () => membership.move(dim, found));
  return make(
    'li',
    {},
    make('span', {}, make('b', {}, String(model)), ` layer ${module}, dimension ${otherDim}`),
    make('span', {}, `NMI ${fixed(nmi, 2)}`),
    button,
  );
}
