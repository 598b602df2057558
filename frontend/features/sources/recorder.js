/** Recording from the microphone: level, time, stop and cancel. */
import { MAX_SECONDS, MicrophoneError, startRecording } from '../../audio/microphone.js';
import { encodeWav } from '../../audio/wav.js';
import { byId } from '../../drawing/dom.js';

const QUIETEST_DB = -60;
const CLIPPED = 0.99;

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('../../server/session.js').Session} session
 * @param {() => void} hush stops playback, which would be recorded too
 */
export function showRecorder(store, session, hush) {
  const source = byId('source');
  const begin = /** @type {HTMLButtonElement} */ (byId('record'));
  const stop = byId('record-stop');
  const level = byId('record-level');
  const time = byId('record-time');
  /** @type {Awaited<ReturnType<typeof startRecording>> | null} */
  let take = null;

  begin.addEventListener('click', async () => {
    begin.disabled = true;
    hush();
    meter(0, 0);
    try {
      take = await startRecording(meter);
      show(true);
      stop.focus();
    } catch (error) {
      if (!(error instanceof MicrophoneError)) throw error;
      store.set({ notice: { kind: 'error', title: 'Cannot record', detail: error.message } });
    } finally {
      begin.disabled = false;
    }
  });

  /** @param {boolean} recording */
  function show(recording) {
    byId('recorder').hidden = !recording;
    source.classList.toggle('recording', recording);
    byId('announcement').textContent = recording ? `Recording, at most ${MAX_SECONDS} seconds` : '';
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
    time.textContent = `${elapsed.toFixed(1)} of ${MAX_SECONDS} s`;
    time.style.setProperty('--share', String(elapsed / MAX_SECONDS));
    if (elapsed >= MAX_SECONDS) keep();
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
    session.openFile(new Blob([encodeWav(samples, rate)], { type: 'audio/wav' }), nextName(store.state.recentFiles));
  }

  function cancel() {
    take?.cancel();
    end();
  }

  stop.addEventListener('click', keep);
  byId('record-cancel').addEventListener('click', cancel);
  byId('recorder').addEventListener('keydown', ({ key }) => key === 'Escape' && cancel());
}

/**
 * @param {readonly {name: string}[]} recentFiles
 * @returns {string} name with the next free number
 */
function nextName(recentFiles) {
  const numbers = recentFiles.map(({ name }) => Number(/^Recording (\d+)\.wav$/.exec(name)?.[1] ?? 0));
  return `Recording ${Math.max(0, ...numbers) + 1}.wav`;
}
