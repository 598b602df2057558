/** The Ensemble panel: figures of the ensemble and the chosen hot spot. */
import { FIGURES } from '../../core/choice.js';
import { createChart, escapeMarkup, rgbOf } from '../../drawing/chart.js';
import { byId, checkRadio, make } from '../../drawing/dom.js';
import { showHotSpotTraversals } from './hot-spot-traversals-view.js';
import { showSpot } from './hot-spot-view.js';
import { spotAt } from './model.js';

/** @typedef {import('../../drawing/chart-loader.js').Figure} Figure */
/** @typedef {import('../../server/ensembles.js').Ensemble} Ensemble */

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('./hot-spot-traversals.js').HotSpotTraversalsHost} hotSpotTraversals
 * @param {{player: import('../../audio/player.js').Player, transport: import('../transport/view.js').Transport}} host
 */
export function showEnsemble(store, hotSpotTraversals, { player, transport }) {
  const select = /** @type {HTMLSelectElement} */ (byId('ensemble-chosen'));
  const host = byId('ensemble-chart');
  const chart = createChart(host, byId('ensemble-failure'), (trace, point) => choose(trace, point));

  /** @param {Partial<import('../../core/choice.js').EnsembleChoice>} patch */
  const change = (patch) => store.set({ ensembleChoice: { ...store.state.ensembleChoice, ...patch } });

  store.on(['ensemble', 'pending'], show);
  function show() {
    const { ensemble: shown, pending, panel } = store.state;
    byId('panel-ensemble').dataset.pending = String(
      ['ensemble', 'hotSpotTraversals'].some((one) => pending.includes(/** @type {any} */ (one))),
    );
    if (panel !== 'ensemble' || !shown) return;
    const { ensemble, list, name, figure, missing } = shown;
    byId('ensemble-shown').hidden = !ensemble;
    byId('ensemble-empty').hidden = Boolean(ensemble);
    byId('ensemble-missing').textContent = missing;
    if (!ensemble) return void chart.show(null);
    select.replaceChildren(
      ...list.map((one) =>
        make('option', { value: one.ensemble, selected: one.ensemble === ensemble.ensemble }, one.ensemble),
      ),
    );
    byId('ensemble-choice').hidden = list.length < 2;
    checkRadio('ensemble-figure', name);
    byId('ensemble-about').textContent = aboutOf(ensemble, String(store.state.model));
    host.hidden = !figure;
    host.dataset.figure = name;
    host.ariaLabel = `${figure?.layout.title.text ?? ''}. ${byId('ensemble-about').textContent}`;
    byId('ensemble-key').textContent = name === 'channels' ? keyOf() : '';
    chart.show(
      figure &&
        (name === 'channels'
          ? matrix(figure)
          : { ...figure, layout: { ...figure.layout, legend: { y: 1.02, yanchor: 'bottom', x: 0 } } }),
    );
  }

  store.on(['ensemble', 'ensembleChoice'], mark);
  function mark() {
    const spots = store.state.ensemble?.ensemble?.hot_spots ?? [];
    const buttons = spots.map((spot, number) => {
      const [label] = spot.labels;
      const button = make(
        'button',
        { type: 'button' },
        make('b', {}, String(number)),
        ` ${label ? `${label.label.replace('_', ' ')} ${label.nmi.value.toFixed(2)}` : ''}`,
      );
      button.title = `${spot.channels.length} dimensions of ${spot.models} models`;
      button.setAttribute('aria-pressed', String(store.state.ensembleChoice.spot === number));
      button.addEventListener('click', () =>
        change({ spot: store.state.ensembleChoice.spot === number ? null : number }),
      );
      return button;
    });
    const focused = [...byId('ensemble-spots').children].indexOf(/** @type {Element} */ (document.activeElement));
    byId('ensemble-spots').replaceChildren(...buttons);
    if (focused >= 0) buttons[focused]?.focus();
    byId('ensemble-none').hidden = spots.length > 0;
  }

  /**
   * @param {number} trace
   * @param {number | number[]} point
   */
  function choose(trace, point) {
    const { ensemble: shown } = store.state;
    if (!shown?.ensemble || !shown.figure || shown.name === 'fusion') return;
    if (shown.name === 'hotspots') {
      const [, number] = /(\d+)$/.exec(shown.figure.data[trace].x[/** @type {number} */ (point)]) ?? [];
      return change({ spot: Number(number) });
    }
    const { step } = shown.figure.layout.meta;
    const { order } = shown.ensemble;
    const places =
      shown.figure.data[trace].meta.part === 'labels' ? [/** @type {number[]} */ (point)[1]] : [point].flat();
    const spot = spotAt(
      shown.ensemble,
      places.map((place) => order[place * step]),
    );
    if (spot !== null) change({ spot });
    else byId('ensemble-missing').textContent = 'No hot spot there. Click inside a square, or in the valley above it.';
  }

  select.addEventListener('change', () => change({ ensemble: select.value, spot: null }));
  byId('ensemble-figure').addEventListener('change', ({ target }) => {
    const { value } = /** @type {HTMLInputElement} */ (target);
    change({ figure: FIGURES.find((one) => one === value) ?? 'channels' });
  });
  DARK.addEventListener('change', show);

  showSpot(store);
  showHotSpotTraversals(store, hotSpotTraversals, { player, transport });
}

/** Invisible gaps: without gaps Plotly injects inline styles, which the content security policy forbids. */
const GAPS = { xgap: 0.001, ygap: 0.001 };
const DARK = matchMedia('(prefers-color-scheme: dark)');

const keyOf = () =>
  `Each row and column is a dimension of a model; ${DARK.matches ? 'bright' : 'dark'} cells have a high NMI. Squares, and the valleys above them, are hot spots: dimensions that recur across models. Below: NMI with each label.`;

/**
 * @param {Ensemble} ensemble
 * @param {string} model the chosen one
 */
function aboutOf({ members, channels, dropped, moments, recordings, data, labels }, model) {
  const left = dropped ? ` (${dropped} with almost no information omitted)` : '';
  const other = members.some((one) => one.model === model) ? '' : ` ${model} is not in this ensemble.`;
  return `${members.length} models, ${channels.length} dimensions${left}, compared at ${moments} frames of ${recordings} recordings; data: ${data}. Labels: ${labels.map((one) => one.label).join(', ')}.${other}`;
}

/** @param {Figure} figure @returns {Figure} the matrix in the page's colours */
function matrix({ data, layout }) {
  const [low, high, accent] = ['--quiet-end', '--ink', '--accent'].map(rgbOf);
  const colorscale = [
    [0, low],
    [1, high],
  ];
  const named = (/** @type {unknown} */ names) => (Array.isArray(names) ? names.map(escapeMarkup) : names);
  const traces = data.map((trace) =>
    trace.type === 'heatmap'
      ? { ...trace, x: named(trace.x), y: named(trace.y), colorscale, showscale: false, ...GAPS }
      : { ...trace, x: named(trace.x) },
  );
  const shapes = layout.shapes.map((/** @type {any} */ shape) => ({
    ...shape,
    line: { ...shape.line, color: accent },
  }));
  return {
    data: traces,
    layout: {
      ...layout,
      shapes,
      yaxis3: { ...layout.yaxis3, tickfont: { size: 10 } },
      hovermode: 'closest',
      margin: { l: 8, r: 8, t: 8, b: 8 },
    },
  };
}
