/** Status of the page: progress line, overlay over an empty timeline, and notice. */
import { byId, update } from '../../drawing/dom.js';

/** @typedef {import('../../core/state.js').State} State */
/** @typedef {"retry" | "file" | "draw"} Action */
/** @typedef {{title: string, detail: string, actions?: readonly Action[]}} Overlay */

const NOTE_SECONDS = 12;
/** Shorter decodings show no progress. */
const SLOW_SECONDS = 0.25;
/** @type {readonly Action[]} */
const ACTIONS = ['retry', 'file', 'draw'];

/**
 * @param {State} state
 * @returns {Overlay | null} overlay of the timeline; null for none
 */
function overlayOf({ phase, recording, decoded, file, notice, examples }) {
  switch (phase) {
    case 'starting':
      return recording ? null : { title: notice?.title ?? 'Starting', detail: notice?.detail ?? 'Loading the model.' };
    case 'opening':
      return recording || decoded ? null : { title: 'Opening', detail: 'Encoding the recording.' };
    case 'failed':
      return { title: notice?.title ?? 'Something went wrong', detail: notice?.detail ?? '', actions: ['retry'] };
    case 'asking':
      return {
        title: `Please open ${file ?? 'the recording'} again`,
        detail: 'The server no longer stores the recording of this link. Open its file to restore the rest.',
        actions: ['file'],
      };
    case 'empty':
      return {
        title: 'No recording yet',
        detail: `${examples.length ? 'Choose an example, open a file' : 'Open a file, drop one here'} or record yourself; or decode a random sample from the prior.`,
        actions: ['file', 'draw'],
      };
    default:
      return null;
  }
}

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('../../server/session.js').Session} session
 * @param {import('../../core/history.js').History} history
 */
export function showStatus(store, session, history) {
  const main = byId('explorer');
  const notice = byId('notice');
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let fading;

  store.on(['phase', 'recording', 'decoded', 'notice'], showOverlay);
  function showOverlay() {
    const { phase } = store.state;
    main.dataset.phase = phase;
    update(byId('timeline'), { ariaBusy: String(phase === 'starting' || phase === 'opening') });
    const overlay = overlayOf(store.state);
    update(byId('overlay'), { hidden: !overlay });
    update(byId('overlay-title'), { textContent: overlay?.title ?? '' });
    update(byId('overlay-detail'), { textContent: overlay?.detail ?? '' });
    for (const action of ACTIONS) update(byId(`overlay-${action}`), { hidden: !overlay?.actions?.includes(action) });
  }
  byId('overlay-retry').addEventListener('click', () => session.start());
  byId('overlay-file').addEventListener('click', () => byId('file').click());
  byId('overlay-draw').addEventListener('click', () => store.set({ base: 'prior' }));

  let slow = 0;
  store.on(['decoding'], () => {
    const { decoding } = store.state;
    main.dataset.decoding = String(decoding);
    clearTimeout(slow);
    if (decoding) slow = setTimeout(() => (main.dataset.waiting = ''), SLOW_SECONDS * 1000);
    else delete main.dataset.waiting;
  });

  store.on(['notice', 'phase', 'recording'], () => {
    const { notice: now, phase, recording } = store.state;
    const onOverlay = phase === 'failed' || (phase === 'starting' && !recording);
    clearTimeout(fading);
    notice.hidden = !now || onOverlay;
    notice.dataset.kind = now?.kind ?? '';
    byId('notice-title').textContent = now?.title ?? '';
    byId('notice-detail').textContent = now?.detail ?? '';
    byId('notice-keep').hidden = !now?.keepEdits;
    if (now?.kind === 'note') fading = setTimeout(() => store.set({ notice: null }), NOTE_SECONDS * 1000);
  });
  // The offer to keep the edits of the previous recording ends with the first new edit.
  store.on(['editsByLayer'], () => {
    const { notice: now, editsByLayer } = store.state;
    if (now?.keepEdits && Object.keys(editsByLayer).length > 0) store.set({ notice: null });
  });
  // Undo on a new recording restores the whole-clip edits of the previous one.
  byId('notice-keep').addEventListener('click', () => {
    store.set({ notice: null });
    history.undo();
  });
  byId('notice-close').addEventListener('click', () => store.set({ notice: null }));
}
