/** Keys of the timeline: arrows move the cursor, Enter plays from it, brackets select, plus, minus and zero zoom. */
import { durationOf } from '../../core/state.js';
import { isVisible, lengthOf, scrolledTo, visibleWindow } from '../../core/zoom.js';
import { byId } from '../../drawing/dom.js';

/** Steps across the view, where a frame is shorter than such a step. */
const STEPS = 400;

const ARROWS = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
  Home: [-Infinity, 0],
  End: [Infinity, 0],
};

/**
 * @param {HTMLElement} lanes
 * @param {import('../../core/state.js').Store} store
 * @param {object} host
 * @param {import('./pictures.js').Pictures} host.pictures
 * @param {import('./readout.js').Readout} host.readout
 * @param {import('./span.js').SpanView} host.span
 * @param {import('./zooming.js').Zooming} host.zooming
 * @param {(seconds: number) => void} host.playFrom
 */
export function listenToKeys(lanes, store, { pictures, readout, span, zooming, playFrom }) {
  const at = () => readout.reading?.seconds ?? visibleWindow(store.state).start;
  /** @type {{[key: string]: () => void}} */
  const handlers = {
    Enter: () => playFrom(at()),
    '[': () => span.setEdge('start', at()),
    ']': () => span.setEdge('end', at()),
    Escape: () => span.mark(null),
    '+': zooming.zoomIn,
    '=': zooming.zoomIn,
    '-': zooming.zoomOut,
    0: zooming.all,
    PageUp: () => zooming.scroll(-0.8),
    PageDown: () => zooming.scroll(0.8),
  };

  lanes.addEventListener('keydown', (event) => {
    if (event.target !== lanes || event.ctrlKey || event.altKey || event.metaKey) return;
    const { key } = event;
    if (key in handlers) {
      event.preventDefault();
      handlers[key]();
    } else if (key in ARROWS) {
      event.preventDefault();
      const [right, up] = ARROWS[/** @type {keyof typeof ARROWS} */ (key)];
      step(right, up);
    }
  });

  /** @param {number} right @param {number} up in frames and frequency bands */
  function step(right, up) {
    const shown = pictures.original() ?? pictures.decoded();
    const duration = durationOf(store.state);
    if (!shown || !duration) return;
    const view = visibleWindow(store.state);
    const low = 0.5 / shown.bands;
    const seconds = Math.min(duration, Math.max(0, at() + right * Math.max(shown.hop, lengthOf(view) / STEPS)));
    const height = Math.min(1 - low, Math.max(low, (readout.reading?.height ?? low) + up / shown.bands));
    if (!isVisible(view, seconds)) store.set({ view: scrolledTo(view, duration, seconds) });
    readout.read({ seconds, height, lane: '' });
    byId('announcement').textContent = byId('readout').innerText;
  }
}
