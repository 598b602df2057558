/** Keys that set the value of a slider. */

/** @typedef {import('../../core/dimensions.js').SliderRange} SliderRange */

/** Step of a slider, and of an arrow key with Shift. */
export const FINE = 0.01;
const STEP = 0.1;
const LARGE_STEP = 0.5;

/**
 * @param {Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "altKey" | "metaKey">} event
 * @param {number} now
 * @param {SliderRange} range
 * @returns {number | null | undefined} value that the key sets, null to reset, undefined for other keys
 */
export function keyTarget({ key, shiftKey, ctrlKey, altKey, metaKey }, now, { low, high }) {
  if (ctrlKey || altKey || metaKey) return undefined;
  const step = shiftKey ? FINE : STEP;
  const within = (/** @type {number} */ to) => Math.min(high, Math.max(low, to));
  switch (key) {
    case 'ArrowRight':
    case 'ArrowUp':
      return within(now + step);
    case 'ArrowLeft':
    case 'ArrowDown':
      return within(now - step);
    case 'PageUp':
      return within(now + LARGE_STEP);
    case 'PageDown':
      return within(now - LARGE_STEP);
    case 'Home':
      return low;
    case 'End':
      return high;
    case 'Delete':
    case 'Backspace':
    case 'Escape':
      return null;
    default:
      return undefined;
  }
}
