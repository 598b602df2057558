/** Zooming and scrolling along the shared time axis. */
import { durationOf } from './state.js';

/** @typedef {import('./edits.js').Span} TimeWindow the visible part of the recording, in seconds */

/** The narrowest window. */
const MIN_SECONDS = 0.03;

/** Position in the window to which playback scrolls: a tenth from its start. */
const FOLLOW_POSITION = 0.1;

/** Relative tolerance for a window that covers the whole clip. */
const TOLERANCE = 1e-9;

/**
 * @param {import('./state.js').State} state
 * @returns {TimeWindow} the whole clip unless zoomed; empty without a clip
 */
export const visibleWindow = (state) => state.view ?? { start: 0, end: durationOf(state) ?? 0 };

/** @param {TimeWindow} window */
export const lengthOf = ({ start, end }) => end - start;

/**
 * @param {TimeWindow} window
 * @param {number} seconds
 * @returns {number} position in the window: 0 at its start, 1 at its end
 */
export const positionIn = (window, seconds) => (seconds - window.start) / (lengthOf(window) || 1);

/**
 * @param {TimeWindow} window
 * @param {number} position from 0 to 1
 * @returns {number} seconds
 */
export const secondsAt = (window, position) => window.start + position * lengthOf(window);

/**
 * @param {number} start
 * @param {number} length
 * @param {number} duration
 * @returns {TimeWindow | null} shifted into the clip; null for the whole clip
 */
function clampedWindow(start, length, duration) {
  if (length >= duration * (1 - TOLERANCE)) return null;
  const from = Math.min(duration - length, Math.max(0, start));
  return { start: from, end: from + length };
}

/**
 * @param {TimeWindow} window
 * @param {number} duration of the clip
 * @param {number} factor above 1 zooms in
 * @param {number} about seconds that keep their position
 */
export function zoomed(window, duration, factor, about) {
  const length = Math.max(Math.min(MIN_SECONDS, duration), lengthOf(window) / factor);
  return clampedWindow(about - positionIn(window, about) * length, length, duration);
}

/**
 * @param {TimeWindow} window
 * @param {number} duration of the clip
 * @param {number} by seconds
 */
export const scrolledBy = (window, duration, by) => clampedWindow(window.start + by, lengthOf(window), duration);

/**
 * Scrolls so that a time is a tenth into the window.
 * @param {TimeWindow} window
 * @param {number} duration of the clip
 * @param {number} seconds
 */
export const scrolledTo = (window, duration, seconds) =>
  clampedWindow(seconds - FOLLOW_POSITION * lengthOf(window), lengthOf(window), duration);

/**
 * @param {TimeWindow} window
 * @param {number} seconds
 */
export const isVisible = (window, seconds) => seconds >= window.start && seconds <= window.end;
