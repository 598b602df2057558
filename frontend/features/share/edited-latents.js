/** Applies edits to latents as the server does: same frames, same order, float32. Pure. */

/** @typedef {import('../../core/edits.js').WireEdit} WireEdit */
/**
 * @typedef {{rate: number, hop: number, centre: number}} Frames of a layer: sample rate, samples per frame, and the
 * sample at the centre of frame 0
 */

/**
 * @param {import('../../server/api.js').Module} module
 * @param {number} rate
 * @returns {Frames} whole or half samples: undoes the rounding of the seconds in JSON
 */
export const framesOf = ({ hop_seconds: hop, first_frame_seconds: first }, rate) => ({
  rate,
  hop: Math.round(hop * rate),
  centre: Math.round(first * rate * 2) / 2,
});

/** @param {number} value @param {number} low @param {number} high */
const within = (value, low, high) => Math.min(high, Math.max(low, value));

/**
 * The frames centred in [start, end) seconds; at least the one nearest the middle.
 * @param {{start?: number, end?: number}} span undefined is the end of the recording
 * @param {number} count number of frames
 * @param {Frames} frames
 * @returns {[number, number]} from the first to before the last
 */
export function frameSpan({ start, end }, count, { rate, hop, centre }) {
  const place = (/** @type {number} */ seconds) => (seconds * rate - centre) / hop;
  const firstFrom = (/** @type {number} */ seconds) => within(Math.ceil(place(seconds) - 1e-9), 0, count);
  const begin = start === undefined ? 0 : firstFrom(start);
  const stop = end === undefined ? count : firstFrom(end);
  if (begin < stop) return [begin, stop];
  const middle = ((start ?? 0) + (end ?? (count * hop) / rate)) / 2;
  const nearest = within(Math.ceil(place(middle) - 0.5), 0, count - 1);
  return [nearest, nearest + 1];
}

/**
 * @param {Float32Array} base [dims, count], row-major; not modified
 * @param {number} count of frames
 * @param {readonly WireEdit[]} edits
 * @param {Frames} frames
 * @returns {Float32Array} [dims, count]
 */
export function editedLatents(base, count, edits, frames) {
  const edited = base.slice();
  for (const edit of edits) {
    const [begin, stop] = frameSpan(edit, count, frames);
    const row = edited.subarray(edit.dim * count + begin, edit.dim * count + stop);
    const value = Math.fround(edit.value);
    if (edit.op === 'set') row.fill(value);
    else row.forEach((now, at) => (row[at] = edit.op === 'add' ? now + value : now * value));
  }
  return edited;
}
