/** A row of pictures for each model of the hot spot that can be playing: the open clip with the model's own dimension walked from end to end. */
import { TRAVERSAL_VALUES } from '../../core/dimensions.js';
import { fixed, short } from '../../core/format.js';
import { make, byId } from '../../drawing/dom.js';
import { createPalette, sharedRange } from '../../drawing/palette.js';
import { spotOf } from './model.js';

/** @typedef {import('./hot-spot-traversals.js').Row} Row */

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('./hot-spot-traversals.js').HotSpotTraversalsHost} hotSpotTraversals
 * @param {{player: import('../../audio/player.js').Player, transport: import('../transport/view.js').Transport}} host
 */
export function showHotSpotTraversals(store, hotSpotTraversals, { player, transport }) {
  const host = byId('hotSpotTraversals');
  /** @type {{cells: {button: HTMLButtonElement, canvas: HTMLCanvasElement}[], walk: HTMLButtonElement}[]} */
  let rows = [];
  /** @type {{row: number, step: number} | null} what is playing, or about to be */
  let chosen = null;
  /** @type {number | null} the row that is walked from end to end */
  let walking = null;
  const palette = createPalette(draw);

  store.on(['hotSpotTraversals'], build);
  function build() {
    const shown = store.state.hotSpotTraversals;
    [chosen, walking] = [null, null];
    rows = (shown?.rows ?? []).map((_, row) => ({
      cells: TRAVERSAL_VALUES.map((value, step) => {
        const canvas = make('canvas', { ariaHidden: 'true' });
        const button = make(
          'button',
          { type: 'button', className: 'cell', ariaLabel: `${saidOf(row)}, at ${short(valueOf(row, value))}` },
          canvas,
        );
        button.addEventListener('click', () => toggle(row, step));
        return { button, canvas };
      }),
      walk: walkButton(row),
    }));
    host.replaceChildren(...rows.map(({ cells, walk }, row) => lane(row, walk, cells)));
    draw();
    tell();
  }

  /** @param {number} row */
  const rowOf = (row) => /** @type {Row} */ (store.state.hotSpotTraversals?.rows[row]);
  /** @param {number} row */
  const saidOf = (row) => `${rowOf(row).name}, module ${rowOf(row).module}, dimension ${rowOf(row).dim}`;
  /** @param {number} row @param {number} value */
  const valueOf = (row, value) => rowOf(row).way * value;

  /** @param {number} row */
  function walkButton(row) {
    const button = make(
      'button',
      { type: 'button', className: 'play', ariaLabel: `${saidOf(row)}, from end to end` },
      make('span', {}, 'Walk'),
    );
    button.dataset.side = 'decoded';
    button.setAttribute('aria-pressed', 'false');
    button.addEventListener('click', () => (walking === row ? player.stop() : walk(row)));
    return button;
  }

  /**
   * @param {number} row
   * @param {HTMLButtonElement} walk
   * @param {{button: HTMLButtonElement}[]} cells
   */
  function lane(row, walk, cells) {
    const { name, module, dim, way, correlation } = rowOf(row);
    const against =
      way < 0
        ? `, walked backward: here it runs against the first (r ${fixed(correlation, 2)})`
        : row
          ? ` (r ${fixed(correlation, 2)} with the first)`
          : '';
    const about = make('p', {}, make('b', {}, name), ` module ${module}, dimension ${dim}${against}`);
    const strip = make(
      'div',
      { className: 'strip' },
      ...cells.map(({ button }, step) =>
        make('div', {}, button, make('span', { className: 'cell-value' }, short(valueOf(row, TRAVERSAL_VALUES[step])))),
      ),
    );
    return make('div', { className: 'ensembleMember' }, make('header', {}, walk, about), strip);
  }

  function draw() {
    const shown = store.state.hotSpotTraversals;
    if (!shown?.rows.length) return;
    const range = sharedRange(store.state, shown.rows[0].spectrograms[0]);
    rows.forEach(({ cells }, row) =>
      cells.forEach(({ canvas }, step) => palette.draw(canvas, shown.rows[row].spectrograms[step], range)),
    );
  }

  /** @param {number} row @param {number} step */
  async function hear(row, step, at = player.cursor) {
    chosen = { row, step };
    const fetched = await hotSpotTraversals.hear(row, step);
    return (
      fetched &&
      chosen?.row === row &&
      chosen.step === step &&
      transport.play('ensembleMember', at, walking === null ? {} : { once: true })
    );
  }

  /** @param {number} row @param {number} step */
  function toggle(row, step) {
    walking = null;
    if (player.side === 'ensembleMember' && chosen?.row === row && chosen.step === step) return player.stop();
    hear(row, step);
  }

  /** @param {number} row */
  async function walk(row) {
    walking = row;
    mark();
    for (let step = 0; step < TRAVERSAL_VALUES.length && walking === row; step++)
      if (!(await hear(row, step, 0))) break;
    if (walking === row) walking = null;
    mark();
  }

  store.on(['playing'], mark);
  function mark() {
    const playing = store.state.playing === 'ensembleMember';
    rows.forEach(({ cells, walk: button }, row) => {
      button.setAttribute('aria-pressed', String(walking === row));
      cells.forEach(({ button: cell }, step) =>
        cell.classList.toggle('playing', playing && chosen?.row === row && chosen.step === step),
      );
    });
  }
  store.on(['otherSounds'], () => {
    if (player.side === 'ensembleMember' && !store.state.otherSounds.ensembleMember) player.stop(); // what it was of is no longer shown
  });

  store.on(['ensemble', 'ensembleChoice', 'recording', 'pending'], tell);
  function tell() {
    const spot = spotOf(store.state);
    const { hotSpotTraversals: shown, pending, recording } = store.state;
    const waiting = pending.includes('hotSpotTraversals');
    byId('hot-spot-traversals-note').textContent = !spot
      ? ''
      : noteOf(shown?.rows.length ?? 0, spot.spot.models, Boolean(recording), waiting);
    host.ariaBusy = String(waiting);
  }
  build();
}

/**
 * @param {number} playing
 * @param {number} models
 * @param {boolean} recording whether one is open
 * @param {boolean} waiting
 */
function noteOf(playing, models, recording, waiting) {
  if (waiting) return 'Walking it in each model …';
  if (!recording) return 'Open a recording to walk it in each model.';
  if (!playing)
    return 'None of its models is here with a decoder: put a member into the ensemble’s folder “members”, or train its decoders.';
  const others = models > playing ? `; of the other ${models - playing} no weights are here` : '';
  return `The open recording, in ${playing} of ${models} models with nothing changed but this dimension, held at each value over the whole clip${others}. Click a picture to hear it.`;
}
