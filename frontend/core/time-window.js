/** The part of a sound that thumbnail spectrograms show. */
import { chosenLayer, durationOf } from './state.js';
import { visibleWindow } from './zoom.js';

/** A thumbnail cannot resolve more. */
const MAX_SECONDS = 4;

/**
 * The span plus half the layer's receptive field on each side or, without a span, the visible window; at most its first
 * 4 seconds.
 * @param {import('./state.js').State} state
 * @param {{start?: number, end?: number}} span in seconds
 * @returns {{window?: import('../server/api.js').TimeWindow}} request fields; no window for the whole clip
 */
export function thumbnailWindow(state, { start, end }) {
  const duration = durationOf(state);
  if (duration === null) return {};
  const margin = (chosenLayer(state)?.receptive_field_seconds ?? 0) / 2;
  const view =
    start === undefined || end === undefined ? visibleWindow(state) : { start: start - margin, end: end + margin };
  const from = Math.max(0, view.start);
  const to = Math.min(duration, view.end, from + MAX_SECONDS);
  return from > 0 || to < duration ? { window: { start: from, end: to } } : {};
}
