/** Pointers on the lanes: they read, click to hear, drag to mark a span, pinch to zoom. One finger up or down still scrolls the page. */
import { secondsAt, visibleWindow } from '../../core/zoom.js';

/** Nearer than this to where it went down, a pointer has clicked. */
const CLICK_PIXELS = 4;

/** What lies on the lanes and has clicks of its own. */
const TOOLS = '.switch, .scale-key';

/**
 * @param {HTMLElement} lanes
 * @param {import('../../core/state.js').Store} store
 * @param {object} told
 * @param {() => DOMRect} told.axis where the time axis lies
 * @param {import('./readout.js').Readout} told.readout
 * @param {import('./span.js').SpanView} told.span
 * @param {import('./zooming.js').Zooming} told.zooming
 * @param {(reading: import('./readout.js').Reading) => void} told.click
 */
export function listenToPointers(lanes, store, { axis, readout, span, zooming, click }) {
  /** @type {Map<number, PointerEvent>} those that are down, as they last were */
  const down = new Map();
  /** @type {{from: number, clientX: number, dragging: boolean} | null} where a span would begin, in seconds and on the screen */
  let begun = null;
  let clickable = true;

  /**
   * @param {MouseEvent} event
   * @returns {import('./readout.js').Reading | null} null beside the plots
   */
  function readingAt({ target, clientX, clientY }) {
    const lane = target instanceof Element && !target.closest(TOOLS) ? target.closest('.lane') : null;
    const box = lane?.querySelector('.plot')?.getBoundingClientRect();
    if (!(lane instanceof HTMLElement) || !box) return null;
    const across = (clientX - box.left) / box.width;
    if (across < 0 || across > 1) return null;
    const name = String(lane.dataset.lane);
    return {
      seconds: secondsAt(visibleWindow(store.state), across),
      height: name === 'waveform' ? null : 1 - (clientY - box.top) / box.height,
      lane: name,
    };
  }

  /** @param {number} from @param {number} clientX */
  const begin = (from, clientX) => (begun = { from, clientX, dragging: false });

  function abandon() {
    begun = null;
    span.abandon();
  }

  lanes.addEventListener('pointerdown', (event) => {
    down.set(event.pointerId, event);
    clickable = true;
    if (down.size > 1) return abandon();
    const edge = event.target instanceof HTMLElement ? event.target.dataset.edge : undefined;
    const marked = store.state.span;
    if (event.button !== 0) return;
    if (edge && marked) begin(edge === 'start' ? marked.end : marked.start, event.clientX);
    else if (readingAt(event)) begin(zooming.secondsOf(event.clientX), event.clientX);
  });

  lanes.addEventListener('pointermove', (event) => {
    const before = down.get(event.pointerId);
    if (down.size === 2 && before) return pinch(before, event);
    if (!event.buttons) begun = null; // it was let go elsewhere
    if (!begun) return readout.read(readingAt(event));
    if (!begun.dragging && Math.abs(event.clientX - begun.clientX) < CLICK_PIXELS) return;
    if (!begun.dragging) lanes.setPointerCapture(event.pointerId);
    begun.dragging = true;
    clickable = false;
    span.sketch(begun.from, zooming.secondsOf(event.clientX));
    readout.read({
      seconds: zooming.secondsOf(Math.min(axis().right, Math.max(axis().left, event.clientX))),
      height: null,
      lane: '',
    });
  });

  /**
   * Two fingers hold on to the two moments they lie on.
   * @param {PointerEvent} before
   * @param {PointerEvent} event
   */
  function pinch(before, event) {
    const other = /** @type {PointerEvent} */ (
      [...down.values()].find(({ pointerId }) => pointerId !== event.pointerId)
    );
    const apart = ({ clientX = 0 }) => Math.max(20, Math.abs(clientX - other.clientX));
    clickable = false;
    zooming.zoom(apart(event) / apart(before), zooming.secondsOf(other.clientX));
    down.set(event.pointerId, event);
  }

  lanes.addEventListener('pointerup', ({ pointerId }) => {
    down.delete(pointerId);
    if (begun?.dragging) span.settle();
    begun = null;
  });
  lanes.addEventListener('pointercancel', ({ pointerId }) => {
    down.delete(pointerId);
    abandon();
  });
  lanes.addEventListener('pointerleave', ({ pointerId }) => {
    down.delete(pointerId);
    readout.read(null);
  });
  lanes.addEventListener('blur', () => readout.read(null));
  lanes.addEventListener('click', (event) => {
    const reading = clickable ? readingAt(event) : null;
    if (reading) click(reading);
  });
  lanes.addEventListener('wheel', zooming.turn, { passive: false });
}
