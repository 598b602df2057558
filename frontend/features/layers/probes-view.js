/** The Layers panel: probe results for a label at each layer, with baselines. */
import { fixed } from '../../core/format.js';
import { createChart } from '../../drawing/chart.js';
import { byId, checkRadio, make } from '../../drawing/dom.js';
import { reportFigure } from '../../server/figures.js';
import { chosenOf, curvesOf, formatted, labelsOf, valuesOf, verdictOf } from './probes.js';

/** @param {import('../../core/state.js').Store} store */
export function showProbes(store) {
  const select = /** @type {HTMLSelectElement} */ (byId('probe-label'));
  const host = byId('probe-chart');
  const empty = byId('probe-empty');
  const chart = createChart(host, byId('probe-failure'));

  store.on(['figure', 'probeChoice', 'pending'], show);
  function show() {
    const shown = reportFigure(store.state, 'layers');
    const figure = shown?.figure ?? null;
    byId('panel-layers').dataset.pending = String(store.state.pending.includes('figure'));
    byId('probe-shown').hidden = !figure;
    empty.hidden = !shown || Boolean(figure);
    empty.textContent = shown?.missing ?? '';
    if (figure) draw(figure);
    else chart.show(null);
  }

  /** @param {import('../../drawing/chart-loader.js').Figure} figure */
  function draw(figure) {
    const chosen = chosenOf(figure, store.state.probeChoice);
    const { label, measure } = chosen;
    const { entropy, classes, n, groups } = figure.layout.meta.labels[label];
    select.replaceChildren(
      ...labelsOf(figure).map((one) => make('option', { value: one, selected: one === label }, one.replace('_', ' '))),
    );
    checkRadio('measure', measure);
    byId('probe-about').textContent =
      `${classes} classes, H(Y) ${fixed(entropy, 2)} bits; ${n} held-out examples of ${groups} groups; data: ${figure.layout.meta.data}.`;
    const curves = curvesOf(figure, chosen);
    const verdict = verdictOf(curves, measure);
    byId('probe-verdict').textContent = verdict;
    host.ariaLabel = `Probe results for ${label} at each layer. ${verdict}`;
    const rows = valuesOf(curves).map(({ name, at, value, low, high }) =>
      make(
        'tr',
        {},
        make('td', {}, name),
        make('td', {}, at),
        make('td', {}, formatted(measure, value)),
        make('td', {}, low < high ? `${fixed(low, 2)} to ${fixed(high, 2)}` : ''),
      ),
    );
    byId('probe-numbers').replaceChildren(...rows);
    byId('probe-span').textContent = measure === 'margin' ? '5th to 95th percentile' : '95 % interval';
    chart.show(curves);
  }

  select.addEventListener('change', () =>
    store.set({ probeChoice: { ...store.state.probeChoice, label: select.value } }),
  );
  byId('probe-measure').addEventListener('change', ({ target }) => {
    const measure = /** @type {import('../../core/choice.js').Measure} */ (
      /** @type {HTMLInputElement} */ (target).value
    );
    store.set({ probeChoice: { ...store.state.probeChoice, measure } });
  });
}
