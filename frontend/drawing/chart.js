/** A Plotly figure in the colours and font of the page, as wide as its container. */
import { loadPlotly } from './chart-loader.js';

/** @typedef {import('./chart-loader.js').Trace} Trace */
/** @typedef {import('./chart-loader.js').Figure} Figure */

/** Replacements for figure colours with too little contrast on a light or a dark page. */
const ON_LIGHT = new Map([
  ['#E69F00', '#AD7600'],
  ['#56B4E9', '#2585B8'],
  ['#CC79A7', '#B1568A'],
]);
const ON_DARK = new Map([
  ['#0072B2', '#4FA8E0'],
  ['#8A6D3B', '#C9A66B'],
  ['#7F7F7F', '#A6A6A6'],
]);
const CONFIG = { displayModeBar: false, doubleClick: 'reset', showTips: false };
const DARK = matchMedia('(prefers-color-scheme: dark)');

/** Escapes text, which Plotly would read as markup. @param {string} text */
export const escapeMarkup = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** @param {string} colour of a figure @returns {string} the colour in the current theme */
export const themedColour = (colour) => (DARK.matches ? ON_DARK : ON_LIGHT).get(colour) ?? colour;

/**
 * @param {HTMLElement} host empty, with a fixed height
 * @param {HTMLElement} failure shows why the chart library could not be loaded
 * @param {(trace: number, point: any) => void} [onClick] `point` is an index, or [row, column] of a heat map
 */
export function createChart(host, failure, onClick) {
  /** @type {Figure | null} */
  let shown = null;
  /** @type {import('./chart-loader.js').Plotly | null} */
  let library = null;
  let listening = false;
  /** @param {{points: {curveNumber: number, pointNumber: any}[]}} event */
  const forwardClick = ({ points: [first] }) => first && onClick?.(first.curveNumber, first.pointNumber);
  /** Plotly accepts a drawing only when the previous one has finished. */
  let drawing = Promise.resolve();

  async function redraw() {
    if (!shown || !host.isConnected || !host.clientWidth) return;
    const { data, layout } = shown;
    library = await loadPlotly();
    await library.react(host, data.map(coloured), themed(layout), CONFIG);
    if (onClick && !listening) /** @type {any} */ (host).on('plotly_click', forwardClick);
    listening = true;
    host.dataset.drawn = 'true';
    failure.textContent = '';
  }

  const queue = () => {
    drawing = drawing.then(redraw).catch((/** @type {Error} */ error) => {
      failure.textContent = error.message;
    });
    return drawing;
  };
  DARK.addEventListener('change', () => {
    delete host.dataset.drawn;
    queue();
  });
  // The container changes width, and has none while its panel is hidden.
  new ResizeObserver(() => {
    if (!host.clientWidth) return;
    if (library && host.dataset.drawn) library.Plots.resize(host);
    else queue();
  }).observe(host);

  return {
    /** @param {Figure | null} figure */
    show(figure) {
      shown = figure;
      delete host.dataset.drawn;
      return queue();
    },
  };
}

/** @param {Trace} trace */
function coloured(trace) {
  const { line, marker } = trace;
  const own = { ...trace };
  if (typeof line?.color === 'string') own.line = { ...line, color: themedColour(line.color) };
  if (typeof marker?.color === 'string') own.marker = { ...marker, color: themedColour(marker.color) };
  return own;
}

/** @param {Figure["layout"]} layout */
function themed({ title, updatemenus, template, legend, ...layout }) {
  const [ink, soft, faint, panel] = ['--ink', '--soft', '--line', '--panel'].map(rgbOf);
  const axis = {
    gridcolor: faint,
    zerolinecolor: faint,
    linecolor: faint,
    tickfont: { color: soft },
    automargin: true,
  };
  const titled = (/** @type {any} */ own) => ({
    ...axis,
    ...own,
    tickfont: { ...axis.tickfont, ...own.tickfont },
    title: { standoff: 8, ...own?.title, font: { size: 12, color: soft } },
  });
  const axes = Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key));
  return {
    margin: { l: 44, r: 8, t: 8, b: 32 },
    ...layout,
    legend: {
      ...legend,
      orientation: 'h',
      y: legend?.yanchor === 'bottom' ? 1.02 : -0.1,
      font: { size: 12, color: ink },
    },
    dragmode: false, // a finger on a chart scrolls the page
    autosize: true,
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: ink },
    hoverlabel: { bgcolor: panel, bordercolor: faint, font: { color: ink, size: 12 } },
    xaxis: titled({}),
    yaxis: titled({}),
    ...Object.fromEntries(axes.map((key) => [key, titled(layout[key])])),
  };
}

/**
 * @param {string} property a colour of the style sheet
 * @returns {string} in rgb: Plotly does not support oklch
 */
export function rgbOf(property) {
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(1, 1).getContext('2d'));
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(property);
  context.fillRect(0, 0, 1, 1);
  return `rgb(${[...context.getImageData(0, 0, 1, 1).data.slice(0, 3)].join()})`;
}
