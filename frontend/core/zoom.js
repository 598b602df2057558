/** What of the recording is seen: zooming and scrolling along the one time axis. Pure. */
import { durationOf } from './state.js';

/** @typedef {import('./edits.js').Span} View from its start to its end, in seconds */

/** Fewer seconds than these are never shown. */
const LEAST_SECONDS = 0.03;

/** Where the view puts what it follows: a tenth from its start. */
const AHEAD = 0.1;

/** Nearer to an end than this share of the view counts as there. */
const NEAR = 1e-9;

/**
 * @param {import('./state.js').State} state
 * @returns {View} the whole clip unless zoomed; of no length while nothing is open
 */
export const visibleWindow = (state) => state.view ?? { start: 0, end: durationOf(state) ?? 0 };

/** @param {View} view */
export const lengthOf = ({ start, end }) => end - start;

/**
 * @param {View} view
 * @param {number} seconds
 * @returns {number} where they lie in the view: 0 at its start, 1 at its end
 */
export const positionIn = (view, seconds) => (seconds - view.start) / (lengthOf(view) || 1);

/**
 * @param {View} view
 * @param {number} share
 * @returns {number} seconds
 */
export const secondsAt = (view, share) => view.start + share * lengthOf(view);

/**
 * @param {number} start
 * @param {number} length
 * @param {number} duration
 * @returns {View | null} kept within the clip; null for all of it
 */
function within(start, length, duration) {
  if (length >= duration * (1 - NEAR)) return null;
  const begins = Math.min(duration - length, Math.max(0, start));
  return { start: begins, end: begins + length };
}

/**
 * @param {View} view
 * @param {number} duration of the clip
 * @param {number} factor above 1 shows less of it, larger
 * @param {number} about seconds that stay where they are
 */
export function zoomed(view, duration, factor, about) {
  const length = Math.max(Math.min(LEAST_SECONDS, duration), lengthOf(view) / factor);
  return within(about - positionIn(view, about) * length, length, duration);
}

/**
 * @param {View} view
 * @param {number} duration of the clip
 * @param {number} by seconds
 */
export const scrolledBy = (view, duration, by) => within(view.start + by, lengthOf(view), duration);

/**
 * @param {View} view
 * @param {number} duration of the clip
 * @param {number} seconds
 */
export const scrolledTo = (view, duration, seconds) => within(seconds - AHEAD * lengthOf(view), lengthOf(view), duration);

/**
 * @param {View} view
 * @param {number} seconds
 */
export const isVisible = (view, seconds) => seconds >= view.start && seconds <= view.end;
