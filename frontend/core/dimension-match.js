/** Pairs of similar dimensions in two models: parsing, formatting, and transferring edits from one to the other. */

/** @typedef {import('./edits.js').LayerEdits} LayerEdits */
/**
 * @typedef {{module: number, dim: number, toModule: number, toDim: number, sign: 1 | -1}} Match `sign` is -1 where they
 * are negatively correlated
 */
/** @typedef {{dims: number, frames: number, mean: Float32Array}} Means posterior means of one clip, [dims, frames] */
/** @typedef {{hop_seconds: number, first_frame_seconds: number}} FrameTimes */

const FORMAT = /^(\d{1,3})\.(\d{1,5})([~!])(\d{1,3})\.(\d{1,5})$/;

/**
 * @param {Match} match "3.12~2.5" is dimension 12 of module 3 with dimension 5 of module 2; "!" marks a negative
 * correlation
 */
export const formatMatch = ({ module, dim, toModule, toDim, sign }) =>
  `${module}.${dim}${sign > 0 ? '~' : '!'}${toModule}.${toDim}`;

/**
 * @param {string} text
 * @returns {Match | null} null if the text is no match
 */
export function parseMatch(text) {
  const [, module, dim, mark, toModule, toDim] = FORMAT.exec(text) ?? [];
  if (mark === undefined) return null;
  return {
    module: Number(module),
    dim: Number(dim),
    toModule: Number(toModule),
    toDim: Number(toDim),
    sign: mark === '~' ? 1 : -1,
  };
}

/**
 * Transfers the edits of one dimension to its match in the other model.
 * @param {LayerEdits} layerEdits
 * @param {Match} match a negative correlation inverts offsets and constants, but not scales
 * @returns {LayerEdits} edits of the matched dimension alone
 */
export function matchedEdits({ edits, muted }, { dim, toDim, sign }) {
  const transferred = (/** @type {import('./edits.js').Edit} */ edit) => ({
    ...edit,
    dim: toDim,
    value: edit.op === 'scale' ? edit.value : sign * edit.value,
  });
  return {
    edits: edits.filter((edit) => edit.dim === dim).map(transferred),
    muted: muted.includes(dim) ? [toDim] : [],
  };
}

/**
 * Pearson correlation over time of two dimensions on the same clip. Frames are paired by the closest time.
 * @param {{means: Means, dim: number, times: FrameTimes}} one
 * @param {{means: Means, dim: number, times: FrameTimes}} other
 * @returns {number} 0 where one of them is constant
 */
export function correlation(one, other) {
  const { means, dim, times } = one;
  const pairs = Array.from({ length: means.frames }, (_, frame) => {
    const at = times.first_frame_seconds + frame * times.hop_seconds;
    const otherFrame = Math.round((at - other.times.first_frame_seconds) / other.times.hop_seconds);
    const closest = Math.min(other.means.frames - 1, Math.max(0, otherFrame));
    return [means.mean[dim * means.frames + frame], other.means.mean[other.dim * other.means.frames + closest]];
  });
  const average = (/** @type {0 | 1} */ which) => pairs.reduce((sum, pair) => sum + pair[which], 0) / pairs.length;
  const [a, b] = [average(0), average(1)];
  let [product, square, otherSquare] = [0, 0, 0];
  for (const [x, y] of pairs) {
    product += (x - a) * (y - b);
    square += (x - a) ** 2;
    otherSquare += (y - b) ** 2;
  }
  return square > 0 && otherSquare > 0 ? product / Math.sqrt(square * otherSquare) : 0;
}
