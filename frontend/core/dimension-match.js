/** One dimension of a model and the dimension of another that holds most of the same: what moves the one moves the other. Pure. */

/** @typedef {import('./edits.js').LayerEdits} LayerEdits */
/** @typedef {{module: number, dim: number, toModule: number, toDim: number, way: 1 | -1}} Match `way` is -1 where the two run against each other */
/** @typedef {{dims: number, frames: number, mean: Float32Array}} Means [dims, frames] of one clip */
/** @typedef {{hop_seconds: number, first_frame_seconds: number}} Clock of a module's frames */

const SAID = /^(\d{1,3})\.(\d{1,5})([~!])(\d{1,3})\.(\d{1,5})$/;

/** @param {Match} match As in "3.12~2.5": dimension 12 of module 3 and 5 of module 2; "!" where they run against each other. */
export const formatMatch = ({ module, dim, toModule, toDim, way }) =>
  `${module}.${dim}${way > 0 ? '~' : '!'}${toModule}.${toDim}`;

/**
 * @param {string} said
 * @returns {Match | null}
 */
export function parseMatch(said) {
  const [, module, dim, sign, toModule, toDim] = SAID.exec(said) ?? [];
  if (sign === undefined) return null;
  return {
    module: Number(module),
    dim: Number(dim),
    toModule: Number(toModule),
    toDim: Number(toDim),
    way: sign === '~' ? 1 : -1,
  };
}

/**
 * What a gesture asks of the other model: that one dimension alone, the other way round where the two run against each other.
 * @param {LayerEdits} gesture
 * @param {Match} match
 * @returns {LayerEdits}
 */
export function matchedEdits({ edits, muted }, { dim, toDim, way }) {
  const turned = (/** @type {import('./edits.js').Edit} */ edit) => ({
    ...edit,
    dim: toDim,
    value: edit.op === 'scale' ? edit.value : way * edit.value,
  });
  return { edits: edits.filter((edit) => edit.dim === dim).map(turned), muted: muted.includes(dim) ? [toDim] : [] };
}

/**
 * Pearson's correlation over time of two dimensions that heard the same clip; of frames that are not as frequent, the nearest.
 * @param {{means: Means, dim: number, clock: Clock}} one
 * @param {{means: Means, dim: number, clock: Clock}} other
 * @returns {number} 0 where one of them does not vary
 */
export function correlation(one, other) {
  const { means, dim, clock } = one;
  const pairs = Array.from({ length: means.frames }, (_, frame) => {
    const at = clock.first_frame_seconds + frame * clock.hop_seconds;
    const there = Math.round((at - other.clock.first_frame_seconds) / other.clock.hop_seconds);
    const near = Math.min(other.means.frames - 1, Math.max(0, there));
    return [means.mean[dim * means.frames + frame], other.means.mean[other.dim * other.means.frames + near]];
  });
  const middle = (/** @type {0 | 1} */ side) => pairs.reduce((sum, pair) => sum + pair[side], 0) / pairs.length;
  const [a, b] = [middle(0), middle(1)];
  let [product, square, otherSquare] = [0, 0, 0];
  for (const [x, y] of pairs) {
    product += (x - a) * (y - b);
    square += (x - a) ** 2;
    otherSquare += (y - b) ** 2;
  }
  return square > 0 && otherSquare > 0 ? product / Math.sqrt(square * otherSquare) : 0;
}
