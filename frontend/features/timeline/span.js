/** The marked span on all lanes, what an edit there can reach to both sides, and the handles at its ends. */
import { durationOf } from '../../core/state.js';
import { visibleWindow, positionIn } from '../../core/zoom.js';
import { byId, update } from '../../drawing/dom.js';

/** @typedef {import('../../core/edits.js').Span} Span */

/** A span shorter than this is none. */
const LEAST_SECONDS = 0.005;

/** @param {number} seconds to a tenth of a millisecond, finer than any frame: the address stays short */
const rounded = (seconds) => Math.round(seconds * 1e4) / 1e4;

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('../../audio/player.js').Player} player
 */
export function showSpan(store, player) {
  const marked = byId('marked');
  /** @type {Span | null} what is being marked */
  let draft = null;

  function show() {
    const { card, module, span } = store.state;
    const now = draft ?? span;
    const view = visibleWindow(store.state);
    update(marked, { hidden: !now });
    if (!now) return;
    const half = (card?.modules.find((one) => one.module === module)?.receptive_field_seconds ?? 0) / 2;
    const places = {
      '--start': now.start,
      '--end': now.end,
      '--field-start': now.start - half,
      '--field-end': now.end + half,
    };
    for (const [name, seconds] of Object.entries(places))
      marked.style.setProperty(name, `${positionIn(view, seconds) * 100}%`);
  }
  store.on(['span', 'view', 'recording', 'card', 'module', 'decoded'], show);

  store.on(['recording'], () => {
    const { span } = store.state;
    if (span && span.start >= (durationOf(store.state) ?? Infinity)) store.set({ span: null }); // it lay in a longer recording
  });

  /**
   * @param {number} one end, in seconds
   * @param {number} other
   * @returns {Span}
   */
  function between(one, other) {
    const most = durationOf(store.state) ?? 0;
    const [start, end] = [one, other]
      .map((seconds) => rounded(Math.min(most, Math.max(0, seconds))))
      .sort((a, b) => a - b);
    return { start, end };
  }

  /** @param {Span | null} span */
  function mark(span) {
    draft = null;
    const kept = span && span.end - span.start >= LEAST_SECONDS ? span : null;
    store.set({ span: kept });
    if (kept) player.cursor = kept.start;
    show();
  }

  return {
    mark,
    /** @param {number} one @param {number} other Shows it without marking it yet. */
    sketch(one, other) {
      draft = between(one, other);
      show();
    },
    settle: () => draft && mark(draft),
    abandon() {
      draft = null;
      show();
    },
    /** @param {"start" | "end"} edge @param {number} seconds Moves one end; past the other, the span begins or ends there. */
    setEdge(edge, seconds) {
      const { span } = store.state;
      const other = edge === 'start' ? Math.max(span?.end ?? Infinity, seconds) : Math.min(span?.start ?? 0, seconds);
      mark(between(seconds, other === seconds ? (edge === 'start' ? Infinity : 0) : other));
    },
  };
}

/** @typedef {ReturnType<typeof showSpan>} SpanView */
