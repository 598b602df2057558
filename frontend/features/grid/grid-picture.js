/** PNG of the grid with its labels, at twice the screen resolution. */
import { short } from '../../core/format.js';
import { byId, make } from '../../drawing/dom.js';
import { download, fileStem } from '../../server/download.js';
import { settingsOf } from './model.js';

/** @typedef {import('../../core/state.js').State} State */
/** @typedef {{canvas: HTMLCanvasElement, cell: {row: number, column: number}}} Picture */

const FINE = 2;
const SIZES = { alone: { wide: 220, tall: 110 }, against: { wide: 120, tall: 120 } };
const [MARGIN, GAP, LABEL, TITLE] = [20, 6, 18, 30];

/**
 * Saves the grid as a PNG.
 * @param {State} state
 * @param {Picture[][]} rows as shown
 */
export async function saveGrid(state, rows) {
  const { traversal } = state;
  if (!traversal || !rows.length) return;
  const blob = await new Promise((resolve) => pictureOf(state, traversal, rows).toBlob(resolve, 'image/png'));
  const { dim, across } = traversal.request;
  download(blob, `${fileStem(state)}-dimension-${across ? `${across.dim}-${dim}` : dim}.png`);
}

/**
 * @param {State} state
 * @param {NonNullable<State["traversal"]>} traversal
 * @param {Picture[][]} rows
 */
function pictureOf({ recording, model, base }, { request }, rows) {
  const { dim, across, module } = request;
  const { wide, tall } = SIZES[across ? 'against' : 'alone'];
  const [columns, aside, below] = [rows[0].length, across ? 44 : 0, across ? 0 : LABEL];
  const width = 2 * MARGIN + aside + columns * (wide + GAP) - GAP;
  const height = 2 * MARGIN + TITLE + rows.length * (tall + below + GAP) - GAP + (across ? 2 * LABEL : 0);
  const canvas = make('canvas', { width: width * FINE, height: height * FINE });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const { color, backgroundColor, fontFamily } = getComputedStyle(
    byId('panel-grid').closest('.panel') ?? document.body,
  );
  context.scale(FINE, FINE);
  context.fillStyle = backgroundColor;
  context.fillRect(0, 0, width, height);
  context.fillStyle = color;

  /** @type {(text: string, x: number, y: number, align: CanvasTextAlign, weight?: number) => void} */
  function write(text, x, y, align, weight = 400) {
    context.font = `${weight} ${weight > 400 ? 14 : 12}px ${fontFamily}`;
    context.textAlign = align;
    context.fillText(text, x, y, width - MARGIN);
  }

  const what = across ? `Dimensions ${across.dim} (horizontal) and ${dim} (vertical)` : `Dimension ${dim}`;
  write(`${what} of layer ${module}, ${model}: ${recording?.name ?? base}`, MARGIN, MARGIN + 12, 'left', 600);
  const top = MARGIN + TITLE;
  rows.forEach((row, line) => {
    const y = top + line * (tall + below + GAP);
    if (across) write(short(request.values[row[0].cell.row]), MARGIN + aside - 8, y + tall / 2 + 4, 'right');
    row.forEach(({ canvas: picture, cell }, place) => {
      const x = MARGIN + aside + place * (wide + GAP);
      context.drawImage(picture, x, y, wide, tall);
      if (!across) write(short(settingsOf(request, cell)[0].value), x + wide / 2, y + tall + 14, 'center');
    });
  });
  const foot = top + rows.length * (tall + GAP);
  across?.values.forEach((value, place) =>
    write(short(value), MARGIN + aside + place * (wide + GAP) + wide / 2, foot + 10, 'center'),
  );
  if (across) write(`${dim} ↑   ${across.dim} →`, MARGIN + aside, foot + 10 + LABEL, 'left');
  return canvas;
}
