/** Asks the server for what is made of a clip and bears with it: waits while it is busy or away, and encodes a clip again that it forgot. */
import * as api from './api.js';

/** @typedef {import('../core/state.js').Recording} Recording */
/** @typedef {{[field: string]: Recording | null}} Others by the field of a request that names their clip, recordings that it needs besides the open one */

const PATIENCE_SECONDS = 2;

/** @param {number} seconds */
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/**
 * @param {unknown} error
 * @param {string} [title] said instead of the server's own
 * @returns {import('../core/state.js').Notice}
 */
export function errorNotice(error, title) {
  if (error instanceof api.Unreachable)
    return { kind: 'error', title: title ?? 'No connection', detail: error.message };
  if (error instanceof api.Problem) return { kind: 'error', title: title ?? error.title, detail: error.message };
  throw error;
}

/**
 * @param {import('../core/state.js').Store} store
 * @returns one attempt at a request, for somebody who makes one at a time
 */
export function createRetry(store) {
  /** Whether the notice shown is about a request that waits for the server. */
  let waiting = false;
  /** The clips just encoded again: a server that forgets them at once must not be asked for ever. */
  const mended = new Set();

  function rest() {
    if (waiting) store.set({ notice: null });
    waiting = false;
    mended.clear();
  }

  /**
   * @template Answer
   * @param {() => Promise<Answer>} ask the server
   * @param {() => boolean} wanted whether it still is
   * @param {string} model that encodes the clip again if need be
   * @param {Others} [others]
   * @returns {Promise<Answer | "again" | null>} null when it is no longer wanted, or the page already says why it is not to be had;
   * throws whatever else went wrong
   */
  return async function attempt(ask, wanted, model, others = {}) {
    try {
      const answer = wanted() ? await ask() : null;
      rest();
      return wanted() ? answer : null;
    } catch (error) {
      if (!wanted()) {
        rest();
        return null;
      }
      if (error instanceof api.Problem && error.clipUnknown) return encodeAgain(model, others[error.field] ?? null);
      const busy = error instanceof api.Problem && error.busy;
      if (busy || error instanceof api.Unreachable) {
        waiting = true;
        store.set({
          notice: errorNotice(error, busy ? 'The server is busy, trying again' : 'No connection, trying again'),
        });
        await pause(busy ? (error.retryAfter ?? PATIENCE_SECONDS) : PATIENCE_SECONDS);
        return 'again';
      }
      rest();
      throw error;
    }
  };

  /**
   * The server forgot a clip. With the file still in the page that is mended unseen; otherwise the page must ask for it.
   * @param {string} model
   * @param {Recording | null} other the clip, where it is not the open one
   * @returns {Promise<"again" | null>}
   */
  async function encodeAgain(model, other) {
    const recording = other ?? store.state.recording;
    if (other && !other.file) {
      store.set({
        notice: {
          kind: 'error',
          title: 'Recording forgotten',
          detail: `The server no longer holds ${other.name}. Choose it again.`,
        },
      });
      return null;
    }
    if (!recording?.file) {
      store.set({ recording: null, decoded: null, phase: 'asking' });
      return null;
    }
    if (mended.has(recording.clip)) {
      mended.clear();
      store.set({
        notice: {
          kind: 'error',
          title: 'Recording forgotten',
          detail: 'The server has no room to keep this recording. Try a shorter one.',
        },
      });
      return null;
    }
    try {
      await api.encode(recording.file, recording.name, model);
      mended.add(recording.clip);
      return 'again';
    } catch (error) {
      store.set({ notice: errorNotice(error) });
      return null;
    }
  }
}
