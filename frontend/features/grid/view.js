/** The grid of spectrograms along one or two dimensions; a click plays a cell, a double click applies it. */
import { fixed, seconds, short } from '../../core/format.js';
import { byId, make } from '../../drawing/dom.js';
import { createPalette, sharedRange } from '../../drawing/palette.js';
import { saveGrid } from './grid-picture.js';
import { showGridToolbar } from './grid-toolbar.js';
import { settingsOf } from './model.js';

/** @typedef {import('../../core/state.js').State} State */
/** @typedef {NonNullable<State["traversal"]>} Traversal */
/** @typedef {NonNullable<State["cell"]>} Cell */

/** @param {import('./model.js').Setting[]} settings */
const settingsText = (settings) => settings.map(({ dim, value }) => `dimension ${dim} at ${short(value)}`).join(', ');

/** @param {string} text */
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('./model.js').GridHost} grid
 * @param {{player: import('../../audio/player.js').Player, transport: import('../transport/view.js').Transport,
 * history: import('../../core/history.js').History, release: () => void}} host
 */
export function showGrid(store, grid, { player, transport, history, release }) {
  const table = byId('cells');
  const useButton = /** @type {HTMLButtonElement} */ (byId('grid-apply'));
  const save = /** @type {HTMLButtonElement} */ (byId('grid-save'));
  /** @type {{button: HTMLButtonElement, canvas: HTMLCanvasElement, cell: Cell}[][]}  as shown */
  let rows = [];
  const palette = createPalette(draw);

  showGridToolbar(store);

  store.on(['traversal'], build);
  function build() {
    const { traversal } = store.state;
    const focused = table.contains(document.activeElement);
    rows = traversal
      ? seenRows(traversal).map((cells) => cells.map((cell) => ({ cell, ...cellElements(traversal, cell) })))
      : [];
    table.replaceChildren(
      ...(traversal
        ? rowElements(
            traversal,
            rows.map((row) => row.map(({ button }) => button)),
          )
        : []),
    );
    table.style.setProperty('--columns', String(rows[0]?.length ?? 1));
    table.hidden = !traversal; // ARIA: a grid must have rows
    table.dataset.kind = traversal?.request.across ? 'against' : 'alone';
    if (traversal) table.ariaLabel = `Spectrograms of ${traversal.spectrograms.length} settings. Enter plays one.`;
    byId('grid-empty').hidden = Boolean(traversal) || store.state.pending.includes('grid');
    save.disabled = !traversal;
    byId('grid-note').textContent = traversal ? noteOf(traversal) : '';
    if (rows.length) rove(0, 0, focused);
    draw();
    show();
  }

  /**
   * @param {Traversal} traversal
   * @param {Cell} cell
   */
  function cellElements({ request }, cell) {
    const canvas = make('canvas', { ariaHidden: 'true' });
    const button = make(
      'button',
      { type: 'button', className: 'cell', tabIndex: -1, ariaLabel: capital(settingsText(settingsOf(request, cell))) },
      canvas,
    );
    button.addEventListener('click', ({ detail }) => detail < 2 && hear(cell));
    button.addEventListener('dblclick', use);
    return { button, canvas };
  }

  function draw() {
    const { traversal } = store.state;
    if (!traversal) return;
    const range = sharedRange(store.state, traversal.spectrograms[0]);
    for (const { canvas, cell } of rows.flat())
      palette.draw(canvas, traversal.spectrograms[cell.row * traversal.columns + cell.column], range);
  }

  /** @param {Cell} cell Plays a cell; stops it if it plays. */
  async function hear(cell) {
    if (player.playing === 'cell' && isChosen(cell)) return player.stop();
    const start = store.state.traversal?.start || player.cursor;
    if (await grid.hear(cell)) transport.play('cell', start);
  }

  /** @param {Cell} cell */
  const isChosen = ({ row, column }) => store.state.cell?.row === row && store.state.cell.column === column;

  function use() {
    if (useButton.disabled) return;
    history.endStep();
    grid.use();
    release();
  }

  store.on(['cell', 'playing', 'pending', 'locked'], show);
  function show() {
    const { cell, traversal, pending, locked, playing } = store.state;
    const settings = traversal && cell ? settingsOf(traversal.request, cell) : [];
    const waiting = pending.includes('grid');
    for (const { button, cell: one } of rows.flat()) {
      button.ariaCurrent = String(isChosen(one));
      button.classList.toggle('playing', playing === 'cell' && isChosen(one));
    }
    byId('grid-chosen').textContent = settings.length
      ? capital(settingsText(settings))
      : traversal
        ? 'Click to play, double-click to apply.'
        : '';
    useButton.disabled = waiting || !settings.length || settings.some(({ dim }) => locked.includes(dim));
    useButton.title = settings.some(({ dim }) => locked.includes(dim))
      ? 'This dimension is locked'
      : 'Set the sliders to these values';
    byId('panel-grid').dataset.pending = table.ariaBusy = String(waiting);
    byId('grid-empty').hidden = Boolean(traversal) || waiting;
  }
  store.on(['otherSounds'], () => {
    if (player.playing === 'cell' && !store.state.otherSounds.cell) player.stop(); // its grid is no longer shown
  });

  /**
   * @param {number} row
   * @param {number} column
   * @param {boolean} focus
   */
  function rove(row, column, focus) {
    for (const { button } of rows.flat()) button.tabIndex = -1;
    const { button } = rows[row][column];
    button.tabIndex = 0;
    if (focus) button.focus();
  }

  table.addEventListener('focusin', ({ target }) => {
    for (const { button } of rows.flat()) button.tabIndex = button === target ? 0 : -1;
  });
  table.addEventListener('keydown', (event) => {
    const row = rows.findIndex((cells) => cells.some(({ button }) => button === event.target));
    const to =
      row < 0
        ? null
        : neighbour(
            event,
            row,
            rows[row].findIndex(({ button }) => button === event.target),
            rows,
          );
    if (!to) return;
    event.preventDefault();
    rove(to.row, to.column, true);
  });

  useButton.addEventListener('click', use);
  save.addEventListener('click', () =>
    saveGrid(
      store.state,
      rows.map((row) => row.map(({ canvas, cell }) => ({ canvas, cell }))),
    ),
  );
  build();
}

/**
 * @param {Traversal} traversal
 * @returns {Cell[][]} one dimension: a nearly square block; two dimensions: as requested
 */
function seenRows({ rows, columns, request }) {
  if (request.across)
    return Array.from({ length: rows }, (_, row) => Array.from({ length: columns }, (_, column) => ({ row, column })));
  const wide = Math.ceil(Math.sqrt(rows));
  return Array.from({ length: Math.ceil(rows / wide) }, (_, line) =>
    Array.from({ length: Math.min(wide, rows - line * wide) }, (_, place) => ({ row: line * wide + place, column: 0 })),
  );
}

/**
 * @param {Traversal} traversal
 * @param {HTMLButtonElement[][]} buttons
 * @returns {HTMLElement[]} the rows with their labels: below each cell its value, or values along both edges
 */
function rowElements({ request: { values, across, dim } }, buttons) {
  let index = 0;
  const row = (/** @type {HTMLElement[]} */ ...cells) => make('div', { role: 'row', className: 'cells-row' }, ...cells);
  const gridcell = (/** @type {(HTMLElement | string)[]} */ ...inside) => make('div', { role: 'gridcell' }, ...inside);
  if (!across) {
    return buttons.map((line) =>
      row(...line.map((button) => gridcell(button, make('span', { className: 'cell-value' }, short(values[index++]))))),
    );
  }
  const header = (/** @type {string} */ role, /** @type {number} */ value) =>
    make('div', { role, className: 'cell-value' }, short(value));
  const lines = buttons.map((line, place) =>
    row(header('rowheader', values[place]), ...line.map((button) => gridcell(button))),
  );
  const corner = make(
    'div',
    { role: 'columnheader', className: 'cell-value corner' },
    make('span', {}, `${dim} ↑`),
    make('span', {}, `${across.dim} →`),
  );
  return [...lines, row(corner, ...across.values.map((value) => header('columnheader', value)))];
}

/** @param {Traversal} traversal */
function noteOf({ request: { across, dim, start, end, window } }) {
  const what = across ? `dimension ${across.dim} (horizontal) and ${dim} (vertical)` : `dimension ${dim}`;
  const where = end === undefined || start === undefined ? '' : ` from ${seconds(start)} to ${seconds(end)}`;
  const seen = window ? ` Shown: ${fixed(window.start, 2)} to ${fixed(window.end, 2)} s.` : '';
  return `The current sound with ${what} set to each value${where}.${seen}`;
}

/**
 * @param {KeyboardEvent} event
 * @param {number} row
 * @param {number} column
 * @param {unknown[][]} rows
 * @returns {{row: number, column: number} | null} cell that the key moves to; null for other keys
 */
function neighbour({ key, ctrlKey }, row, column, rows) {
  const [down, right] = {
    ArrowRight: [0, 1],
    ArrowLeft: [0, -1],
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    Home: [ctrlKey ? -row : 0, -column],
    End: [ctrlKey ? rows.length : 0, Infinity],
  }[key] ?? [0, 0];
  if (!down && !right && key !== 'Home' && key !== 'End') return null;
  const to = Math.min(rows.length - 1, Math.max(0, row + down));
  return { row: to, column: Math.min(rows[to].length - 1, Math.max(0, column + right)) };
}
