/**
 * Traversal of one dimension in the open recording: spectrograms at a series of values, each of which can be applied.
 */
import { signed } from '../../core/format.js';
import { make } from '../../drawing/dom.js';
import { sharedRange } from '../../drawing/palette.js';

/**
 * @param {number} dim
 * @param {import('../../core/state.js').Store} store
 * @param {import('../../drawing/palette.js').Palette} palette
 * @param {(value: number) => void} use sets the slider to a value
 */
export function createStrip(dim, store, palette, use) {
  /** @type {{canvas: HTMLCanvasElement, spectrogram: import('../../core/arrays.js').Spectrogram}[]} */
  let cells = [];
  const row = make('div', {
    className: 'strip',
    role: 'group',
    ariaLabel: `This recording with dimension ${dim} at a series of values`,
  });
  const note = make('p', { className: 'card-note' }, '');

  function draw() {
    for (const { canvas, spectrogram } of cells)
      palette.draw(canvas, spectrogram, sharedRange(store.state, spectrogram));
  }

  return {
    element: make('section', { className: 'card-strip' }, make('h3', {}, 'Effect on this recording'), row, note),
    draw,
    /** @param {import('./dimension-details.js').Strip | null} strip */
    show(strip) {
      cells = [];
      note.textContent = strip
        ? 'Dimension set to one value over the whole recording, no other edits. Click a picture to apply its value.'
        : 'Not available: no recording is open, or this layer has no decoder.';
      const buttons = (strip?.values ?? []).map((value, index) => {
        const canvas = make('canvas', { ariaHidden: 'true' });
        cells.push({
          canvas,
          spectrogram: /** @type {import('./dimension-details.js').Strip} */ (strip).spectrograms[index],
        });
        const button = make(
          'button',
          { type: 'button', ariaLabel: `Set dimension ${dim} to ${signed(value)}` },
          make('span', { className: 'cell' }, canvas),
          make('span', { className: 'cell-value', ariaHidden: 'true' }, `= ${signed(value)}`),
        );
        button.addEventListener('click', () => use(value));
        return button;
      });
      row.replaceChildren(...buttons);
      draw();
    },
  };
}
