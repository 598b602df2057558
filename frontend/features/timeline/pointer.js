/**
 * Pointer input on the timeline: hover reads, click plays, drag selects, pinch zooms. A vertical swipe scrolls the
 * page.
 */
import { secondsAt, visibleWindow } from '../../core/zoom.js';

/** A pointer that moved less than this has clicked. */
const CLICK_PIXELS = 4;

/** Controls on the lanes that handle their own clicks. */
const TOOLS = '.switch, .scale-key';

/**
 * @param {HTMLElement} lanes
 * @param {import('../../core/state.js').Store} store
 * @param {object} host
 * @param {() => DOMRect} host.axis bounding box of the time axis
 * @param {import('./readout.js').Readout} host.readout
 * @param {import('./span.js').SpanView} host.span
 * @param {import('./zooming.js').Zooming} host.zooming
 * @param {(reading: import('./readout.js').Reading) => void} host.click
 */
export function listenToPointers(lanes, store, { axis, readout, span, zooming, click }) {
  /** @type {Map<number, PointerEvent>} last event of each pressed pointer */
  const down = new Map();
  /** @type {{from: number, clientX: number, dragging: boolean} | null} start of a drag, in seconds and on the screen */
  let begun = null;
  let clickable = true;

  /**
   * @param {MouseEvent} event
   * @returns {import('./readout.js').Reading | null} null outside the plots
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
    if (!event.buttons) begun = null; // released outside the timeline
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
   * Keeps the two times under the two fingers in place.
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
  lanes.addEventListener('wheel', zooming.onWheel, { passive: false });
}
