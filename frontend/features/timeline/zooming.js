/** Zooming and scrolling by wheel, buttons and the scroll bar below the axis. */
import { durationOf } from '../../core/state.js';
import { isVisible, lengthOf, positionIn, scrolledBy, secondsAt, visibleWindow, zoomed } from '../../core/zoom.js';
import { byId } from '../../drawing/dom.js';

/** Zoom factor of a button or key press. */
const STEP = 2;
const PIXELS_PER_DOUBLING = 180;
const LINE_PIXELS = 16;

/**
 * @param {import('../../core/state.js').Store} store
 * @param {() => DOMRect} axis bounding box of the time axis
 * @param {() => number | null} about time that a zoom without a pointer keeps in place, if in view
 */
export function showZooming(store, axis, about) {
  const bar = byId('scroll');
  const thumb = /** @type {HTMLElement} */ (bar.firstElementChild);
  const button = (/** @type {string} */ id) => /** @type {HTMLButtonElement} */ (byId(id));
  const duration = () => durationOf(store.state) ?? 0;
  const secondsOf = (/** @type {number} */ clientX) =>
    secondsAt(visibleWindow(store.state), (clientX - axis().left) / axis().width);

  /** @param {number} factor @param {number} [at] seconds kept in place */
  function zoom(factor, at) {
    const view = visibleWindow(store.state);
    const mark = about();
    const middle = secondsAt(view, 0.5);
    if (duration())
      store.set({
        view: zoomed(view, duration(), factor, at ?? (mark !== null && isVisible(view, mark) ? mark : middle)),
      });
  }

  /** @param {number} share of the view */
  function scroll(share) {
    const view = visibleWindow(store.state);
    if (store.state.view) store.set({ view: scrolledBy(view, duration(), share * lengthOf(view)) });
  }

  const all = () => store.set({ view: null });

  /** @param {WheelEvent} event */
  function onWheel(event) {
    const { deltaX, deltaY, deltaMode, ctrlKey, shiftKey, clientX } = event;
    const pixels = deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : LINE_PIXELS;
    const along = shiftKey ? deltaX || deltaY : deltaX;
    if (ctrlKey) zoom(2 ** ((-deltaY * pixels) / PIXELS_PER_DOUBLING), secondsOf(clientX));
    else if (along && store.state.view) scroll((along * pixels) / axis().width);
    else return; // the page scrolls
    event.preventDefault();
  }

  store.on(['view', 'recording', 'decoded'], () => {
    const { view } = store.state;
    const { start, end } = view ?? { start: 0, end: duration() };
    bar.dataset.zoomed = String(Boolean(view));
    thumb.style.left = `${(start / (duration() || 1)) * 100}%`;
    thumb.style.width = `${((end - start) / (duration() || 1)) * 100}%`;
    bar.ariaValueNow = String(view ? Math.round((100 * start) / (duration() - (end - start))) : 0);
    for (const id of ['zoom-out', 'zoom-all']) button(id).disabled = !view;
  });
  store.on(['recording'], all);

  bar.addEventListener('pointerdown', (event) => {
    if (!store.state.view) return;
    const box = bar.getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * duration();
    const view = visibleWindow(store.state);
    // A press outside the thumb centres the view there; a press on the thumb drags it.
    const grip = isVisible(view, at) ? positionIn(view, at) : 0.5;
    const follow = (/** @type {PointerEvent} */ { clientX }) => {
      const to = ((clientX - box.left) / box.width) * duration();
      const now = visibleWindow(store.state);
      store.set({ view: scrolledBy(now, duration(), to - secondsAt(now, grip)) });
    };
    follow(event);
    bar.setPointerCapture(event.pointerId);
    bar.addEventListener('pointermove', follow);
    bar.addEventListener('lostpointercapture', () => bar.removeEventListener('pointermove', follow), { once: true });
  });
  button('zoom-in').addEventListener('click', () => zoom(STEP));
  button('zoom-out').addEventListener('click', () => zoom(1 / STEP));
  button('zoom-all').addEventListener('click', all);

  return { zoomIn: () => zoom(STEP), zoomOut: () => zoom(1 / STEP), all, scroll, zoom, onWheel, secondsOf };
}

/** @typedef {ReturnType<typeof showZooming>} Zooming */
