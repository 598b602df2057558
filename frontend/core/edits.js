/** What the sliders ask for: edits of dimensions, each over the whole clip or a span of it. Pure; no state, no DOM. */

/** @typedef {"add" | "set" | "scale"} Op what an edit does to its dimension: shift it, hold it there, or stretch it about zero */
/** @typedef {{start: number, end: number}} Span in seconds */
/** @typedef {{dim: number, op: Op, value: number, span: Span | null}} Edit `span` is null for the whole clip */
/** @typedef {{edits: readonly Edit[], muted: readonly number[]}} LayerEdits all that is done to one module: edits in the order they were made, and the dimensions held at zero */
/** @typedef {{[module: number]: LayerEdits}} EditsByLayer */
/** @typedef {{dim: number, op: Op, value: number, start?: number, end?: number}} WireEdit as /decode takes it */

/** @type {readonly Op[]} */
export const OPS = ['add', 'set', 'scale'];

/** The value with which an edit changes nothing; there is none for `set`. */
const NEUTRAL = { add: 0, set: null, scale: 1 };

/** What /decode takes, either way. */
export const MAX_VALUE = 10;

/** Shorter than any module's frame: two ends this close are the same. */
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
 * @param {LayerEdits} gesture
 * @param {Span | null} span
 * @returns {Map<number, Edit>} by dimension, the edits over exactly that span
 */
export const editsOver = ({ edits }, span) =>
  new Map(edits.filter((edit) => sameSpan(edit.span, span)).map((edit) => [edit.dim, edit]));

/** @param {LayerEdits} gesture */
export const isEmpty = ({ edits, muted }) => edits.length === 0 && muted.length === 0;

/**
 * With one dimension moved over one span: its earlier edit there is replaced. An edit that changes nothing is none.
 * @param {LayerEdits} gesture
 * @param {Edit} edit
 * @returns {LayerEdits}
 */
export function withEdit(gesture, edit) {
  if (edit.value === NEUTRAL[edit.op]) return withoutEdit(gesture, edit.dim, edit.span);
  const moved = { ...edit, value: clamp(edit.value) };
  const at = gesture.edits.findIndex((one) => one.dim === edit.dim && sameSpan(one.span, edit.span));
  return {
    ...gesture,
    edits: at < 0 ? [...gesture.edits, moved] : gesture.edits.map((one, index) => (index === at ? moved : one)),
  };
}

/**
 * @param {LayerEdits} gesture
 * @param {number} dim
 * @param {Span | null} span
 * @returns {LayerEdits} with that dimension let go over that span
 */
export function withoutEdit(gesture, dim, span) {
  return { ...gesture, edits: gesture.edits.filter((edit) => edit.dim !== dim || !sameSpan(edit.span, span)) };
}

/**
 * @param {LayerEdits} gesture
 * @param {number} dim
 * @returns {LayerEdits} with that dimension held at zero, or no longer
 */
export function withMute({ edits, muted }, dim) {
  return { edits, muted: muted.includes(dim) ? muted.filter((one) => one !== dim) : [...muted, dim] };
}

/**
 * @param {LayerEdits} gesture
 * @param {number} dim
 * @param {number} value
 * @param {Span | null} span
 * @returns {LayerEdits} with that dimension held at a value there, whatever else is done to it; elsewhere it sounds as before
 */
export function withValue({ edits, muted }, dim, value, span) {
  const held = { dim, op: /** @type {const} */ ('set'), value: clamp(value), span };
  const others = edits.filter((edit) => edit.dim !== dim);
  if (!span) return { edits: [...others, held], muted: muted.filter((one) => one !== dim) };
  // Zero would have the last word over the span as well: it becomes an edit, and so an earlier one.
  if (muted.includes(dim))
    return { edits: [...others, { ...held, value: 0, span: null }, held], muted: muted.filter((one) => one !== dim) };
  return { edits: [...edits.filter((edit) => edit.dim !== dim || !sameSpan(edit.span, span)), held], muted };
}

/**
 * @param {EditsByLayer} editsByLayer
 * @param {(edit: Edit, module: number) => boolean} keeps
 * @param {(dim: number, module: number) => boolean} [keepsMuted]
 * @returns {EditsByLayer}
 */
export function filterEdits(editsByLayer, keeps, keepsMuted = () => true) {
  /** @type {EditsByLayer} */
  const kept = {};
  for (const [key, { edits, muted }] of Object.entries(editsByLayer)) {
    const module = Number(key);
    const gesture = {
      edits: edits.filter((edit) => keeps(edit, module)),
      muted: muted.filter((dim) => keepsMuted(dim, module)),
    };
    if (!isEmpty(gesture)) kept[module] = gesture;
  }
  return kept;
}

/** @param {EditsByLayer} editsByLayer @returns {EditsByLayer} what holds for a whole clip, and so for any other as well */
export const wholeClipEdits = (editsByLayer) => filterEdits(editsByLayer, ({ span }) => !span);

/**
 * As the server is asked for it: what holds for the whole clip first, then spans in the order they were made, and zero has the last word.
 * @param {LayerEdits} gesture
 * @param {number | null} duration of the clip in seconds, where it is known: a span reaches no farther
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
