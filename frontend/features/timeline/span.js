/** The selection on all lanes, its receptive field, and the handles at its ends. */
import { chosenLayer, durationOf } from '../../core/state.js';
import { positionIn, visibleWindow } from '../../core/zoom.js';
import { byId, update } from '../../drawing/dom.js';

/** @typedef {import('../../core/edits.js').Span} Span */

/** A shorter selection is ignored. */
const LEAST_SECONDS = 0.005;

/** @param {number} seconds rounded to 0.1 ms, finer than any frame, to keep the address short */
const rounded = (seconds) => Math.round(seconds * 1e4) / 1e4;

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('../../audio/player.js').Player} player
 */
export function showSpan(store, player) {
  const marked = byId('marked');
  /** @type {Span | null} selection being dragged */
  let draft = null;

  function show() {
    const { span } = store.state;
    const now = draft ?? span;
    const view = visibleWindow(store.state);
    update(marked, { hidden: !now });
    if (!now) return;
    const half = (chosenLayer(store.state)?.receptive_field_seconds ?? 0) / 2;
    const places = {
      '--start': now.start,
      '--end': now.end,
      '--field-start': now.start - half,
      '--field-end': now.end + half,
    };
    for (const [name, seconds] of Object.entries(places))
      marked.style.setProperty(name, `${positionIn(view, seconds) * 100}%`);
  }
  store.on(['span', 'view', 'recording', 'modelInfo', 'module', 'decoded'], show);

  store.on(['recording'], () => {
    const { span } = store.state;
    // It ends after this recording.
    if (span && span.start >= (durationOf(store.state) ?? Infinity)) store.set({ span: null });
  });

  /**
   * @param {number} one end, in seconds
   * @param {number} other
   * @returns {Span}
   */
  function spanBetween(one, other) {
    const most = durationOf(store.state) ?? 0;
    const [start, end] = [one, other]
      .map((seconds) => rounded(Math.min(most, Math.max(0, seconds))))
      .sort((a, b) => a - b);
    return { start, end };
  }

  /** @param {Span | null} span */
  function mark(span) {
    draft = null;
    const selected = span && span.end - span.start >= LEAST_SECONDS ? span : null;
    store.set({ span: selected });
    if (selected) player.cursor = selected.start;
    show();
  }

  return {
    mark,
    /** @param {number} one @param {number} other Shows a selection without applying it. */
    sketch(one, other) {
      draft = spanBetween(one, other);
      show();
    },
    settle: () => draft && mark(draft),
    abandon() {
      draft = null;
      show();
    },
    /**
     * @param {"start" | "end"} edge
     * @param {number} seconds Moves one end; past the other end, the selection starts or stops there.
     */
    setEdge(edge, seconds) {
      const { span } = store.state;
      const other = edge === 'start' ? Math.max(span?.end ?? Infinity, seconds) : Math.min(span?.start ?? 0, seconds);
      mark(spanBetween(seconds, other === seconds ? (edge === 'start' ? Infinity : 0) : other));
    },
  };
}

/** @typedef {ReturnType<typeof showSpan>} SpanView */
