/**
 * The Distribution panel: latents of the layer compared with N(0, I), certified bound, and cost of matching the prior.
 */
import { createChart } from '../../drawing/chart.js';
import { byId, make } from '../../drawing/dom.js';
import { reportFigure } from '../../server/figures.js';
import { certifiedOf, chosenOf, figureOf, jointOf, momentsOf, tracesOf, verdictOf } from './model.js';

/** @typedef {import('../../drawing/chart-loader.js').Figure} Figure */
/** @typedef {import('./model.js').Kind} Kind */

const FAINT = 0.22;
const LEGEND = { legend: { y: 1.02, yanchor: 'bottom', x: 0 } };

/** @param {import('../../core/state.js').Store} store */
export function showDistribution(store) {
  const select = /** @type {HTMLSelectElement} */ (byId('normal-dim'));
  const failure = byId('normal-failure');
  const charts = {
    quantiles: createChart(byId('normal-quantiles'), failure),
    spectrum: createChart(byId('normal-spectrum'), failure),
    certificate: createChart(byId('normal-certificate'), failure),
    distance: createChart(byId('normal-distance'), failure),
    tradeoff: createChart(byId('normal-tradeoff'), failure),
  };

  store.on(['figure', 'tradeoff', 'module', 'normality', 'pending'], show);
  function show() {
    const { pending, panel } = store.state;
    byId('panel-prior').dataset.pending = String(pending.includes('figure') || pending.includes('tradeoff'));
    if (panel !== 'prior') return;
    const shown = reportFigure(store.state, 'prior');
    const figure = shown?.figure ?? null;
    byId('normal-shown').hidden = !figure;
    byId('normal-empty').hidden = !shown || Boolean(figure);
    byId('normal-empty').textContent = shown?.missing ?? '';
    if (figure) draw(figure, Number(store.state.module));
    showTradeoff();
  }

  /**
   * @param {Figure} figure
   * @param {number} module
   */
  function draw(figure, module) {
    const { data } = figure.layout.meta;
    byId('normal-about').textContent = data
      ? `Layer ${module}; data: ${data}.`
      : `Layer ${module}: only the distance of frames from zero was measured. Run python -m trainer analyse prior for the rest.`;
    quantiles(figure, module);
    showJoint(figure, module);
    certificate(figure, module);
    showChart('distance', figure, tracesOf(figure, 'distance', module), LEGEND);
  }

  /**
   * @param {Kind} kind
   * @param {Figure} figure
   * @param {import('../../drawing/chart-loader.js').Trace[]} traces hides the section if empty
   * @param {object} [more] of the layout
   */
  function showChart(kind, figure, traces, more) {
    byId(`normal-${kind}-section`).hidden = !traces.length;
    charts[kind].show(traces.length ? figureOf(figure, kind, traces, more) : null);
  }

  /**
   * @param {Figure} figure
   * @param {number} module
   */
  function quantiles(figure, module) {
    const traces = tracesOf(figure, 'quantiles', module);
    const chosen = chosenOf(traces, store.state.normality.dim);
    const dims = traces.filter(({ meta }) => meta.dim !== null).sort((one, other) => other.meta.ks[0] - one.meta.ks[0]);
    const options = dims.map(({ meta }) =>
      make('option', { value: String(meta.dim), selected: meta.dim === chosen?.meta.dim }, String(meta.dim)),
    );
    select.replaceChildren(...options);
    const drawn = traces.map((trace) => {
      if (trace.meta.dim === null) return trace;
      const own = trace.meta.dim === chosen?.meta.dim;
      return {
        ...trace,
        showlegend: own,
        opacity: own ? 1 : FAINT,
        line: { ...trace.line, width: own ? 3 : 1 },
        hoverinfo: own ? 'all' : 'skip',
      };
    });
    // Draw the chosen dimension on top
    showChart(
      'quantiles',
      figure,
      drawn.sort(
        (one, other) => Number(one.meta.dim === chosen?.meta.dim) - Number(other.meta.dim === chosen?.meta.dim),
      ),
      LEGEND,
    );
    if (!chosen) return;
    const verdict = verdictOf(chosen);
    byId('normal-verdict').textContent = verdict;
    byId('normal-quantiles').ariaLabel =
      `Quantiles of dimension ${chosen.meta.dim} plotted against those of N(0, 1). ${verdict}`;
    byId('normal-moments').replaceChildren(
      ...momentsOf(chosen).map(([name, text]) =>
        make('tr', {}, make('th', { scope: 'row' }, name), make('td', {}, text)),
      ),
    );
  }

  /**
   * @param {Figure} figure
   * @param {number} module
   */
  function showJoint(figure, module) {
    const traces = tracesOf(figure, 'spectrum', module);
    const edges = traces.find(({ meta }) => meta.level === 'frames')?.meta.edges;
    const band = edges && {
      type: 'rect',
      xref: 'paper',
      yref: 'y',
      x0: 0,
      x1: 1,
      y0: edges[0],
      y1: edges[1],
      fillcolor: '#7F7F7F',
      opacity: 0.18,
      line: { width: 0 },
    };
    showChart('spectrum', figure, traces, {
      ...LEGEND,
      yaxis: { title: { text: figure.layout.meta.axes.spectrum.y }, type: 'log' },
      shapes: band ? [band] : [],
    });
    const rows = jointOf(figure, module).map(({ name, energy, wasserstein, mmd, accuracy }) =>
      make(
        'tr',
        {},
        make('th', { scope: 'row' }, name),
        ...[energy, wasserstein, mmd, accuracy].map((text) => make('td', {}, text)),
      ),
    );
    byId('normal-joint').replaceChildren(...rows);
  }

  /**
   * @param {Figure} figure
   * @param {number} module
   */
  function certificate(figure, module) {
    const traces = tracesOf(figure, 'certificate', module);
    showChart('certificate', figure, traces, { ...LEGEND, xaxis: { type: 'category', tickangle: -60 } });
    const certified = certifiedOf(traces);
    byId('normal-certified').textContent = certified?.words ?? '';
    byId('normal-warning').textContent = certified?.warning ?? '';
    byId('normal-warning').hidden = !certified?.warning;
  }

  function showTradeoff() {
    const { tradeoff, modelInfo } = store.state;
    const shown = tradeoff && tradeoff.model === modelInfo?.model ? tradeoff : null;
    const figure = shown?.figure ?? null;
    byId('normal-tradeoff-section').hidden = !shown;
    byId('normal-tradeoff').hidden = !figure;
    byId('normal-tradeoff-note').textContent = figure
      ? `${figure.layout.title.text}. Left: closer to the prior. Up: more information about the label. A point is one setting, averaged over seeds; both methods move left.`
      : (shown?.missing ?? '');
    charts.tradeoff.show(figure && { ...figure, layout: { ...figure.layout, ...LEGEND } });
  }

  select.addEventListener('change', () => store.set({ normality: { dim: Number(select.value) } }));
}
