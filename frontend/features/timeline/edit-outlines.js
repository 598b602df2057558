/** On the heat map, what the edits change: row and span of each are framed, and the dimensions said beside them. */
import { currentEdits } from '../../core/state.js';
import { visibleWindow, positionIn } from '../../core/zoom.js';
import { make, byId } from '../../drawing/dom.js';

/** @typedef {import('../../drawing/heatmap.js').HeatMap} HeatMap */

/** Interpolation the labels of two rows. */
const LABEL_PIXELS = 11;

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('./pictures.js').Pictures} pictures
 */
export function showEditOutlines(store, pictures) {
  const [frames, labels] = [byId('edited'), byId('edited-dims')];
  /** What is framed, as said by `changed` and `view`: a moving slider frames nothing new. */
  let shown = { heat: /** @type {HeatMap | undefined} */ (undefined), framed: '' };
  /** Of the labels' column, in pixels; measured when it changes: to ask under a moving slider would have the page laid out for the answer. */
  let height = 0;

  function draw() {
    const heat = pictures.latents()?.heat;
    const { edits, muted } = currentEdits(store.state);
    const changed = [...edits.map(({ dim, span }) => ({ dim, span })), ...muted.map((dim) => ({ dim, span: null }))];
    const framed = JSON.stringify([changed, store.state.view, height]);
    if (heat === shown.heat && framed === shown.framed) return;
    shown = { heat, framed };
    if (!heat || !changed.length) return [frames, labels].forEach((box) => box.replaceChildren());
    frames.replaceChildren(...changed.map(({ dim, span }) => frameOf(heat, dim, span)));
    const rows = legible(
      changed.map(({ dim }) => heat.dims.indexOf(dim)),
      (LABEL_PIXELS / Math.max(1, height)) * heat.rows,
    );
    labels.replaceChildren(...rows.map((row) => labelOf(heat, row)));
  }
  store.on(['editsByLayer', 'module', 'latents', 'view', 'preferences'], draw);
  new ResizeObserver(() => {
    height = labels.clientHeight;
    draw();
  }).observe(labels);

  /**
   * @param {HeatMap} heat
   * @param {number} dim
   * @param {import('../../core/edits.js').Span | null} span null for the whole clip, muted ones too
   */
  function frameOf({ dims, rows }, dim, span) {
    const frame = make('i');
    const view = visibleWindow(store.state);
    const [start, end] = span ? [positionIn(view, span.start), positionIn(view, span.end)] : [0, 1];
    frame.style.bottom = `${(dims.indexOf(dim) / rows) * 100}%`;
    frame.style.height = `${100 / rows}%`;
    frame.style.left = `${start * 100}%`;
    frame.style.width = `${(end - start) * 100}%`;
    return frame;
  }
}

/**
 * @param {number[]} rows
 * @param {number} apart rows that a label takes
 * @returns {number[]} those that have room, from the bottom
 */
function legible(rows, apart) {
  /** @type {number[]} */
  const shown = [];
  for (const row of rows.toSorted((one, other) => one - other)) {
    const below = shown.at(-1);
    if (below === undefined || row - below >= apart) shown.push(row);
  }
  return shown;
}

/**
 * @param {HeatMap} heat
 * @param {number} row
 */
function labelOf({ dims, rows }, row) {
  const label = make('span', {}, String(dims[row]));
  label.style.bottom = `${((row + 0.5) / rows) * 100}%`;
  return label;
}
