/** What of a sound the small pictures show. Pure. */
import { durationOf } from './state.js';
import { visibleWindow } from './zoom.js';

/** A picture the size of a thumb cannot tell more. */
const MOST_SECONDS = 4;

/**
 * The span with as much around it as an edit of the chosen module may reach; without one, what is seen on the time line. Of much of it the beginning.
 * @param {import('./state.js').State} state
 * @param {{start?: number, end?: number}} span in seconds
 * @returns {{window?: import('../server/api.js').Window}} to be added to a request; no window where all of the clip is shown
 */
export function thumbnailWindow(state, { start, end }) {
  const duration = durationOf(state);
  if (duration === null) return {};
  const reach = (state.card?.modules.find((one) => one.module === state.module)?.receptive_field_seconds ?? 0) / 2;
  const view = start === undefined || end === undefined ? visibleWindow(state) : { start: start - reach, end: end + reach };
  const from = Math.max(0, view.start);
  const to = Math.min(duration, view.end, from + MOST_SECONDS);
  return from > 0 || to < duration ? { window: { start: from, end: to } } : {};
}
