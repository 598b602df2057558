/** Outlines of the edits on the heat map of latents, with the numbers of the edited dimensions on its axis. */
import { currentEdits } from '../../core/state.js';
import { positionIn, visibleWindow } from '../../core/zoom.js';
import { byId, make } from '../../drawing/dom.js';

/** @typedef {import('../../drawing/heatmap.js').HeatMap} HeatMap */

/** Smallest distance between two labels. */
const LABEL_PIXELS = 11;

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('./pictures.js').Pictures} pictures
 */
export function showEditOutlines(store, pictures) {
  const [outlineBox, labels] = [byId('edited'), byId('edited-dims')];
  /** The outlines on the page; a moving slider does not change them. */
  let shown = { heat: /** @type {HeatMap | undefined} */ (undefined), outlines: '' };
  /**
   * Height of the column of labels, in pixels. Measured on resize: reading it while a slider moves would force a
   * layout.
   */
  let height = 0;

  function draw() {
    const heat = pictures.latents()?.heat;
    const { edits, muted } = currentEdits(store.state);
    const changed = [...edits.map(({ dim, span }) => ({ dim, span })), ...muted.map((dim) => ({ dim, span: null }))];
    const outlines = JSON.stringify([changed, store.state.view, height]);
    if (heat === shown.heat && outlines === shown.outlines) return;
    shown = { heat, outlines };
    if (!heat || !changed.length) return [outlineBox, labels].forEach((box) => box.replaceChildren());
    outlineBox.replaceChildren(...changed.map(({ dim, span }) => outlineOf(heat, dim, span)));
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
   * @param {import('../../core/edits.js').Span | null} span null for the whole recording, as for muted dimensions
   */
  function outlineOf({ dims, rows }, dim, span) {
    const outline = make('i');
    const view = visibleWindow(store.state);
    const [start, end] = span ? [positionIn(view, span.start), positionIn(view, span.end)] : [0, 1];
    outline.style.bottom = `${(dims.indexOf(dim) / rows) * 100}%`;
    outline.style.height = `${100 / rows}%`;
    outline.style.left = `${start * 100}%`;
    outline.style.width = `${(end - start) * 100}%`;
    return outline;
  }
}

/**
 * @param {number[]} rows
 * @param {number} apart rows that a label covers
 * @returns {number[]} rows whose labels do not overlap, from the bottom
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
