/** Marks on the time axis: playback position and cursor. Positions are in seconds and follow the view. */
import { chosenLayer } from '../../core/state.js';
import { lengthOf, positionIn, visibleWindow } from '../../core/zoom.js';

/** @typedef {"--mark" | "--cursor"} Mark CSS property of its position */

/**
 * @param {HTMLElement} lanes
 * @param {import('../../core/state.js').Store} store
 */
export function createMarks(lanes, store) {
  /** @type {Map<Mark, number | null>} */
  const places = new Map();

  /** @param {Mark} name */
  function place(name) {
    const view = visibleWindow(store.state);
    const seconds = places.get(name) ?? null;
    const share = seconds === null ? -1 : positionIn(view, seconds);
    if (!lengthOf(view) || share < 0 || share > 1) lanes.style.removeProperty(name);
    else lanes.style.setProperty(name, `${share * 100}%`);
  }

  function placeAll() {
    for (const name of places.keys()) place(name);
    const field = chosenLayer(store.state)?.receptive_field_seconds ?? 0;
    lanes.style.setProperty('--field', `${(field / (lengthOf(visibleWindow(store.state)) || 1)) * 100}%`);
  }
  store.on(['view', 'recording', 'modelInfo', 'module', 'decoded'], placeAll);

  return {
    /**
     * @param {Mark} name
     * @param {number | null} seconds null hides the mark
     */
    set(name, seconds) {
      places.set(name, seconds);
      place(name);
    },
  };
}

/** @typedef {ReturnType<typeof createMarks>} Marks */
