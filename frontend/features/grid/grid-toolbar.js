/** Toolbar of the grid: one or two dimensions, number of steps, range. */
import { dimensionsOf, sortDimensions } from '../../core/dimensions.js';
import { byId, make } from '../../drawing/dom.js';
import { axesOf, MOST_STEPS } from './model.js';

/** @param {import('../../core/state.js').Store} store */
export function showGridToolbar(store) {
  const select = (/** @type {string} */ id) => /** @type {HTMLSelectElement} */ (byId(id));
  const number = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (byId(id));
  const fields = { steps: number('grid-steps'), low: number('grid-low'), high: number('grid-high') };

  function show() {
    const { grid, panel } = store.state;
    if (panel !== 'grid') return; // keep moving sliders fast
    const axes = axesOf(store.state);
    const options = sortDimensions(dimensionsOf(store.state), 'meaning', null).map(({ dim, labels }) => ({
      value: String(dim),
      text: labels[0] ? `${dim}, ${labels[0].factor.replace('_', ' ')}` : String(dim),
    }));
    fill(select('grid-dim'), options, String(axes?.dim ?? ''));
    fill(
      select('grid-against'),
      [{ value: '', text: 'none' }, ...options.filter(({ value }) => value !== String(axes?.dim))],
      String(axes?.against ?? ''),
    );
    fields.steps.max = String(MOST_STEPS[axes?.against === null ? 'alone' : 'against']);
    const shown = { steps: axes?.values.length ?? 0, low: grid.low, high: grid.high };
    for (const key of /** @type {const} */ (['steps', 'low', 'high']))
      if (document.activeElement !== fields[key]) fields[key].value = String(shown[key]);
  }
  store.on(['modelInfo', 'module', 'grid', 'panel', 'recording'], show);

  /** @param {Partial<import('../../core/choice.js').Grid>} patch */
  const choose = (patch) => store.set({ grid: { ...store.state.grid, ...patch } });
  const chooseDims = () => {
    const { module, grid } = store.state;
    const against = select('grid-against').value === '' ? null : Number(select('grid-against').value);
    const axesChanged = (against === null) !== (axesOf(store.state)?.against === null);
    choose({ module, dim: Number(select('grid-dim').value), against, steps: axesChanged ? null : grid.steps });
  };
  select('grid-dim').addEventListener('change', chooseDims);
  select('grid-against').addEventListener('change', chooseDims);
  for (const key of /** @type {const} */ (['steps', 'low', 'high'])) {
    fields[key].addEventListener('input', () => {
      const { valueAsNumber: value, validity } = fields[key];
      const ends = { ...store.state.grid, [key]: value };
      if (validity.valid && Number.isFinite(value) && ends.low < ends.high) choose({ [key]: value });
    });
    fields[key].addEventListener('change', show);
  }
}

/**
 * @param {HTMLSelectElement} select
 * @param {{value: string, text: string}[]} options
 * @param {string} chosen
 */
function fill(select, options, chosen) {
  const now = JSON.stringify(options);
  if (select.dataset.options !== now) select.replaceChildren(...options.map((option) => make('option', option)));
  select.dataset.options = now;
  select.value = chosen;
}
