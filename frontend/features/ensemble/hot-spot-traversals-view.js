/** View of the hot spot traversals: one row of pictures per model that can be played. */
import { TRAVERSAL_VALUES } from '../../core/dimensions.js';
import { fixed, short } from '../../core/format.js';
import { byId, make } from '../../drawing/dom.js';
import { createPalette, sharedRange } from '../../drawing/palette.js';
import { spotOf } from './model.js';

/** @typedef {import('./hot-spot-traversals.js').Row} Row */

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('./hot-spot-traversals.js').HotSpotTraversalsHost} hotSpotTraversals
 * @param {{player: import('../../audio/player.js').Player, transport: import('../transport/view.js').Transport}} host
 */
export function showHotSpotTraversals(store, hotSpotTraversals, { player, transport }) {
  const host = byId('hot-spot-traversals');
  /** @type {{cells: {button: HTMLButtonElement, canvas: HTMLCanvasElement}[], playButton: HTMLButtonElement}[]} */
  let rows = [];
  /** @type {{row: number, step: number} | null} the sound that plays or is about to */
  let chosen = null;
  /** @type {number | null} the row whose traversal plays */
  let playingRow = null;
  const palette = createPalette(draw);

  store.on(['hotSpotTraversals'], build);
  function build() {
    const shown = store.state.hotSpotTraversals;
    [chosen, playingRow] = [null, null];
    rows = (shown?.rows ?? []).map((_, row) => ({
      cells: TRAVERSAL_VALUES.map((value, step) => {
        const canvas = make('canvas', { ariaHidden: 'true' });
        const button = make(
          'button',
          { type: 'button', className: 'cell', ariaLabel: `${nameOf(row)}, at ${short(valueOf(row, value))}` },
          canvas,
        );
        button.addEventListener('click', () => toggle(row, step));
        return { button, canvas };
      }),
      playButton: traversalButton(row),
    }));
    host.replaceChildren(...rows.map(({ cells, playButton }, row) => lane(row, playButton, cells)));
    draw();
    showNote();
  }

  /** @param {number} row */
  const rowOf = (row) => /** @type {Row} */ (store.state.hotSpotTraversals?.rows[row]);
  /** @param {number} row */
  const nameOf = (row) => `${rowOf(row).name}, layer ${rowOf(row).module}, dimension ${rowOf(row).dim}`;
  /** @param {number} row @param {number} value */
  const valueOf = (row, value) => rowOf(row).sign * value;

  /** @param {number} row */
  function traversalButton(row) {
    const button = make(
      'button',
      { type: 'button', className: 'play', ariaLabel: `${nameOf(row)}, play traversal` },
      make('span', {}, 'Play'),
    );
    button.dataset.side = 'decoded';
    button.setAttribute('aria-pressed', 'false');
    button.addEventListener('click', () => (playingRow === row ? player.stop() : playRow(row)));
    return button;
  }

  /**
   * @param {number} row
   * @param {HTMLButtonElement} playButton
   * @param {{button: HTMLButtonElement}[]} cells
   */
  function lane(row, playButton, cells) {
    const { name, module, dim, sign, correlation } = rowOf(row);
    const signText =
      sign < 0
        ? `, reversed: negative correlation with the first (r ${fixed(correlation, 2)})`
        : row
          ? ` (r ${fixed(correlation, 2)} with the first)`
          : '';
    const about = make('p', {}, make('b', {}, name), ` layer ${module}, dimension ${dim}${signText}`);
    const strip = make(
      'div',
      { className: 'strip' },
      ...cells.map(({ button }, step) =>
        make('div', {}, button, make('span', { className: 'cell-value' }, short(valueOf(row, TRAVERSAL_VALUES[step])))),
      ),
    );
    return make('div', { className: 'member-traversal' }, make('header', {}, playButton, about), strip);
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
      transport.play('ensembleMember', at, playingRow === null ? {} : { once: true })
    );
  }

  /** @param {number} row @param {number} step */
  function toggle(row, step) {
    playingRow = null;
    if (player.playing === 'ensembleMember' && chosen?.row === row && chosen.step === step) return player.stop();
    hear(row, step);
  }

  /** @param {number} row */
  async function playRow(row) {
    playingRow = row;
    mark();
    for (let step = 0; step < TRAVERSAL_VALUES.length && playingRow === row; step++)
      if (!(await hear(row, step, 0))) break;
    if (playingRow === row) playingRow = null;
    mark();
  }

  store.on(['playing'], mark);
  function mark() {
    const playing = store.state.playing === 'ensembleMember';
    rows.forEach(({ cells, playButton: button }, row) => {
      button.setAttribute('aria-pressed', String(playingRow === row));
      cells.forEach(({ button: cell }, step) =>
        cell.classList.toggle('playing', playing && chosen?.row === row && chosen.step === step),
      );
    });
  }
  store.on(['otherSounds'], () => {
    // Its traversal is no longer shown.
    if (player.playing === 'ensembleMember' && !store.state.otherSounds.ensembleMember) player.stop();
  });

  store.on(['ensemble', 'ensembleChoice', 'recording', 'pending'], showNote);
  function showNote() {
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
 * @param {number} available
 * @param {number} models
 * @param {boolean} recording whether a recording is open
 * @param {boolean} waiting
 */
function noteOf(available, models, recording, waiting) {
  if (waiting) return 'Loading the traversals …';
  if (!recording) return 'Open a recording to play the traversal in each model.';
  if (!available)
    return 'None of its models is available with a decoder. Add a model to the folder “members” of the ensemble, or train its decoders.';
  const others = models > available ? ` The weights of the other ${models - available} are not available.` : '';
  return `The open recording in ${available} of ${models} models, with this dimension set to each value over the whole recording.${others} Click a picture to play it.`;
}
