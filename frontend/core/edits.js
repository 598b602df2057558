/** Edits of latent dimensions, each over the whole clip or a span of it. */

/**
 * @typedef {"add" | "set" | "scale"} Op effect of an edit on its dimension: add an offset, set a constant, or multiply
 */
/** @typedef {{start: number, end: number}} Span in seconds */
/** @typedef {{dim: number, op: Op, value: number, span: Span | null}} Edit `span` is null for the whole clip */
/**
 * @typedef {{edits: readonly Edit[], muted: readonly number[]}} LayerEdits edits of one layer in the order they were
 * made, and the dimensions set to zero
 */
/** @typedef {{[module: number]: LayerEdits}} EditsByLayer */
/**
 * @typedef {{dim: number, op: Op, value: number, start?: number, end?: number}} WireEdit an edit in a request to
 * /decode
 */

/** @type {readonly Op[]} */
export const OPS = ['add', 'set', 'scale'];

/** The value at which an edit changes nothing; `set` has none. */
const NEUTRAL = { add: 0, set: null, scale: 1 };

/** The largest absolute value that /decode accepts. */
export const MAX_VALUE = 10;

/** Span ends closer than this are equal; it is shorter than a frame of any layer. */
const SAME_SECONDS = 1e-4;

/** @type {LayerEdits} */
export const NO_EDITS = { edits: [], muted: [] };

/** @param {number} value */
export const clamp = (value) => Math.min(MAX_VALUE, Math.max(-MAX_VALUE, value));

/**
 * @param {Span | null} one
 * @param {Span | null} other
 */
export function sameSpan(one, other) {
  if (!one || !other) return one === other;
  return Math.abs(one.start - other.start) < SAME_SECONDS && Math.abs(one.end - other.end) < SAME_SECONDS;
}

/**
 * @param {EditsByLayer} editsByLayer
 * @param {number | null} module
 * @returns {LayerEdits}
 */
export const editsOfLayer = (editsByLayer, module) => (module !== null && editsByLayer[module]) || NO_EDITS;

/**
 * @param {LayerEdits} layerEdits
 * @param {Span | null} span
 * @returns {Map<number, Edit>} the edits over exactly that span, by dimension
 */
export const editsOver = ({ edits }, span) =>
  new Map(edits.filter((edit) => sameSpan(edit.span, span)).map((edit) => [edit.dim, edit]));

/** @param {LayerEdits} layerEdits */
export const isEmpty = ({ edits, muted }) => edits.length === 0 && muted.length === 0;

/**
 * Adds an edit. It replaces an earlier edit of the same dimension and span; a neutral edit removes it.
 * @param {LayerEdits} layerEdits
 * @param {Edit} edit
 * @returns {LayerEdits}
 */
export function withEdit(layerEdits, edit) {
  if (edit.value === NEUTRAL[edit.op]) return withoutEdit(layerEdits, edit.dim, edit.span);
  const added = { ...edit, value: clamp(edit.value) };
  const at = layerEdits.edits.findIndex((one) => one.dim === edit.dim && sameSpan(one.span, edit.span));
  return {
    ...layerEdits,
    edits: at < 0 ? [...layerEdits.edits, added] : layerEdits.edits.map((one, index) => (index === at ? added : one)),
  };
}

/**
 * Removes the edit of a dimension over a span.
 * @param {LayerEdits} layerEdits
 * @param {number} dim
 * @param {Span | null} span
 * @returns {LayerEdits}
 */
export function withoutEdit(layerEdits, dim, span) {
  return { ...layerEdits, edits: layerEdits.edits.filter((edit) => edit.dim !== dim || !sameSpan(edit.span, span)) };
}

/**
 * Mutes a dimension (sets it to zero), or unmutes it.
 * @param {LayerEdits} layerEdits
 * @param {number} dim
 * @returns {LayerEdits}
 */
export function withMute({ edits, muted }, dim) {
  return { edits, muted: muted.includes(dim) ? muted.filter((one) => one !== dim) : [...muted, dim] };
}

/**
 * Sets a dimension to a constant over a span, overriding its other edits there. Outside the span the result is
 * unchanged.
 * @param {LayerEdits} layerEdits
 * @param {number} dim
 * @param {number} value
 * @param {Span | null} span
 * @returns {LayerEdits}
 */
export function withValue({ edits, muted }, dim, value, span) {
  const constant = { dim, op: /** @type {const} */ ('set'), value: clamp(value), span };
  const others = edits.filter((edit) => edit.dim !== dim);
  if (!span) return { edits: [...others, constant], muted: muted.filter((one) => one !== dim) };
  // A mute is applied last and would override the span, so it becomes an edit of the whole clip, which is applied
  // first.
  if (muted.includes(dim)) {
    const zero = { ...constant, value: 0, span: null };
    return { edits: [...others, zero, constant], muted: muted.filter((one) => one !== dim) };
  }
  return { edits: [...edits.filter((edit) => edit.dim !== dim || !sameSpan(edit.span, span)), constant], muted };
}

/**
 * @param {EditsByLayer} editsByLayer
 * @param {(edit: Edit, module: number) => boolean} keepsEdit
 * @param {(dim: number, module: number) => boolean} [keepsMuted]
 * @returns {EditsByLayer} without layers that have no edits
 */
export function filterEdits(editsByLayer, keepsEdit, keepsMuted = () => true) {
  /** @type {EditsByLayer} */
  const result = {};
  for (const [key, { edits, muted }] of Object.entries(editsByLayer)) {
    const module = Number(key);
    const layerEdits = {
      edits: edits.filter((edit) => keepsEdit(edit, module)),
      muted: muted.filter((dim) => keepsMuted(dim, module)),
    };
    if (!isEmpty(layerEdits)) result[module] = layerEdits;
  }
  return result;
}

/**
 * @param {EditsByLayer} editsByLayer
 * @returns {EditsByLayer} the edits of the whole clip, which apply to any other clip too
 */
export const wholeClipEdits = (editsByLayer) => filterEdits(editsByLayer, ({ span }) => !span);

/**
 * Converts edits to the order in which the server applies them: the whole clip, then spans in the order they were made,
 * then mutes.
 * @param {LayerEdits} layerEdits
 * @param {number | null} duration of the clip in seconds, if known; spans end there
 * @returns {WireEdit[]}
 */
export function toWireEdits({ edits, muted }, duration) {
  const whole = edits.filter(({ span }) => !span).map(({ dim, op, value }) => ({ dim, op, value }));
  const local = edits.flatMap(({ dim, op, value, span }) => {
    if (!span) return [];
    const end = Math.min(span.end, duration ?? Infinity);
    return span.start < end ? [{ dim, op, value, start: span.start, end }] : [];
  });
  return [...whole, ...local, ...muted.map((dim) => ({ dim, op: /** @type {const} */ ('set'), value: 0 }))];
}
