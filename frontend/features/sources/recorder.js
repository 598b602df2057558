/** Recording from the microphone: a level, the time, stop and cancel, in the place of the shelf. */
import { listen, MOST_SECONDS, NoMicrophone } from '../../audio/microphone.js';
import { wavOf } from '../../audio/wav.js';
import { part } from '../../drawing/dom.js';

const QUIETEST_DB = -60;
const CLIPPED = 0.99;

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('../../server/session.js').Session} session
 * @param {() => void} hush ends what plays: it would be recorded too
 */
export function showRecorder(store, session, hush) {
  const source = part('source');
  const begin = /** @type {HTMLButtonElement} */ (part('record'));
  const stop = part('record-stop');
  const level = part('record-level');
  const time = part('record-time');
  /** @type {Awaited<ReturnType<typeof listen>> | null} */
  let take = null;

  begin.addEventListener('click', async () => {
    begin.disabled = true;
    hush();
    meter(0, 0);
    try {
      take = await listen(meter);
      show(true);
      stop.focus();
    } catch (error) {
      if (!(error instanceof NoMicrophone)) throw error;
      store.set({ notice: { kind: 'error', title: 'No recording', detail: error.message } });
    } finally {
      begin.disabled = false;
    }
  });

  /** @param {boolean} recording */
  function show(recording) {
    part('recorder').hidden = !recording;
    source.classList.toggle('recording', recording);
    part('spoken').textContent = recording ? `Recording, ${MOST_SECONDS} seconds at most` : '';
  }

  /**
   * @param {number} peak
   * @param {number} elapsed seconds
   */
  function meter(peak, elapsed) {
    const db = Math.max(QUIETEST_DB, 20 * Math.log10(peak));
    level.style.setProperty('--level', String(1 - db / QUIETEST_DB));
    level.ariaValueNow = db.toFixed(0);
    level.classList.toggle('clipped', peak >= CLIPPED);
    time.textContent = `${elapsed.toFixed(1)} of ${MOST_SECONDS} s`;
    time.style.setProperty('--share', String(elapsed / MOST_SECONDS));
    if (elapsed >= MOST_SECONDS) keep();
  }

  function end() {
    take = null;
    show(false);
    begin.focus();
  }

  function keep() {
    if (!take) return;
    const { samples, rate } = take.finish();
    end();
    if (!samples.length) return;
    session.openFile(new Blob([wavOf(samples, rate)], { type: 'audio/wav' }), nextName(store.state.recents));
  }

  function cancel() {
    take?.cancel();
    end();
  }

  stop.addEventListener('click', keep);
  part('record-cancel').addEventListener('click', cancel);
  part('recorder').addEventListener('keydown', ({ key }) => key === 'Escape' && cancel());
}

/**
 * @param {readonly {name: string}[]} recents
 * @returns {string} one more than the last recording's
 */
function nextName(recents) {
  const numbers = recents.map(({ name }) => Number(/^Recording (\d+)\.wav$/.exec(name)?.[1] ?? 0));
  return `Recording ${Math.max(0, ...numbers) + 1}.wav`;
}
