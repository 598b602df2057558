/** What the page is doing, and what went wrong: the progress line, the curtain over an empty time line, and the notice. */
import { part, update } from '../../drawing/dom.js';

/** @typedef {import('../../core/state.js').State} State */
/** @typedef {"retry" | "file" | "draw"} Action */
/** @typedef {{title: string, detail: string, actions?: readonly Action[]}} Curtain */

const NOTE_SECONDS = 12;
/** A decoding that takes no longer than this shows no progress: it is over before that could be seen. */
const SLOW_SECONDS = 0.25;
/** @type {readonly Action[]} */
const ACTIONS = ['retry', 'file', 'draw'];

/**
 * @param {State} state
 * @returns {Curtain | null} what stands where the pictures would be
 */
function curtainOf({ phase, recording, decoded, file, notice, examples }) {
  switch (phase) {
    case 'starting':
      return recording
        ? null
        : { title: notice?.title ?? 'Starting', detail: notice?.detail ?? 'Waiting for the model.' };
    case 'opening':
      return recording || decoded ? null : { title: 'Opening', detail: 'The encoder is listening.' };
    case 'failed':
      return { title: notice?.title ?? 'Something went wrong', detail: notice?.detail ?? '', actions: ['retry'] };
    case 'asking':
      return {
        title: `Please open ${file ?? 'the recording'} again`,
        detail:
          'This address was made with a file the server no longer holds. Open that file and everything else is as it was.',
        actions: ['file'],
      };
    case 'empty':
      return {
        title: 'No recording yet',
        detail: `${examples.length ? 'Choose an example, open a file' : 'Open a file, drop one here'} or record yourself; or hear what the decoder makes of chance.`,
        actions: ['file', 'draw'],
      };
    default:
      return null;
  }
}

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('../../server/session.js').Session} session
 */
export function showStatus(store, session) {
  const main = part('explorer');
  const notice = part('notice');
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let fading;

  store.on(['phase', 'recording', 'decoded', 'notice'], showCurtain);
  function showCurtain() {
    const { phase } = store.state;
    main.dataset.phase = phase;
    update(part('timeline'), { ariaBusy: String(phase === 'starting' || phase === 'opening') });
    const curtain = curtainOf(store.state);
    update(part('curtain'), { hidden: !curtain });
    update(part('curtain-title'), { textContent: curtain?.title ?? '' });
    update(part('curtain-detail'), { textContent: curtain?.detail ?? '' });
    for (const action of ACTIONS) update(part(`curtain-${action}`), { hidden: !curtain?.actions?.includes(action) });
  }
  part('curtain-retry').addEventListener('click', () => session.start());
  part('curtain-file').addEventListener('click', () => part('file').click());
  part('curtain-draw').addEventListener('click', () => store.set({ base: 'prior' }));

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
    const onCurtain = phase === 'failed' || (phase === 'starting' && !recording);
    clearTimeout(fading);
    notice.hidden = !now || onCurtain;
    notice.dataset.kind = now?.kind ?? '';
    part('notice-title').textContent = now?.title ?? '';
    part('notice-detail').textContent = now?.detail ?? '';
    if (now?.kind === 'note') fading = setTimeout(() => store.set({ notice: null }), NOTE_SECONDS * 1000);
  });
  part('notice-close').addEventListener('click', () => store.set({ notice: null }));
}
