/**
 * Requests about clips, retried while the server is busy or unreachable. A clip that the server has evicted is encoded
 * again.
 */
import * as api from './api.js';

/** @typedef {import('../core/state.js').Notice} Notice */
/** @typedef {import('../core/state.js').Recording} Recording */
/**
 * @typedef {{[field: string]: Recording | null}} OtherClips recordings of a request besides the open one, by the
 * request field that names them
 */

const RETRY_SECONDS = 2;

/** @param {number} seconds */
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/**
 * @param {unknown} error rethrown if it is neither Problem nor Unreachable
 * @param {string} [title] replaces the title of the error
 * @returns {Notice}
 */
export function errorNotice(error, title) {
  if (error instanceof api.Unreachable)
    return { kind: 'error', title: title ?? 'No connection', detail: error.message };
  if (error instanceof api.Problem) return { kind: 'error', title: title ?? error.title, detail: error.message };
  throw error;
}

/** @param {string} detail @returns {Notice} */
const evictedNotice = (detail) => ({ kind: 'error', title: 'Recording no longer on the server', detail });

/**
 * @param {import('../core/state.js').Store} store
 * @returns for a caller that makes one request at a time; shows notices while it waits
 */
export function createRetry(store) {
  /** Whether the notice on the page is about this waiting request. */
  let waiting = false;
  /** Clips just encoded again. A server that evicts them at once is not asked a second time. */
  const encodedAgain = new Set();

  function reset() {
    if (waiting) store.set({ notice: null });
    waiting = false;
    encodedAgain.clear();
  }

  /**
   * One attempt.
   * @template Answer
   * @param {() => Promise<Answer>} request
   * @param {() => boolean} wanted whether the answer is still wanted
   * @param {string} model encodes the clip again if necessary
   * @param {OtherClips} [others]
   * @returns {Promise<Answer | "again" | null>} "again" after a pause or a new encoding: the caller must try again;
   * null if the answer is no longer
   * wanted, or a notice says why there is none
   */
  async function once(request, wanted, model, others = {}) {
    try {
      const answer = wanted() ? await request() : null;
      reset();
      return wanted() ? answer : null;
    } catch (error) {
      if (!wanted()) {
        reset();
        return null;
      }
      if (error instanceof api.Problem && error.clipUnknown) return encodeAgain(model, others[error.field] ?? null);
      const busy = error instanceof api.Problem && error.busy;
      if (busy || error instanceof api.Unreachable) {
        waiting = true;
        const title = busy ? 'The server is busy, trying again' : 'No connection, trying again';
        store.set({ notice: errorNotice(error, title) });
        await pause(busy ? (error.retryAfter ?? RETRY_SECONDS) : RETRY_SECONDS);
        return 'again';
      }
      reset();
      throw error;
    }
  }

  /**
   * Attempts until the server answers.
   * @template Answer
   * @param {() => Promise<Answer>} request
   * @param {() => boolean} wanted
   * @param {string} model
   * @returns {Promise<Answer | null>} null as in `once`
   */
  async function untilAnswered(request, wanted, model) {
    let answer;
    do answer = await once(request, wanted, model);
    while (answer === 'again');
    return answer;
  }

  /**
   * Encodes an evicted clip again if the page has its file. Otherwise asks the user for the file.
   * @param {string} model
   * @param {Recording | null} other the clip, unless it is the open one
   * @returns {Promise<"again" | null>}
   */
  async function encodeAgain(model, other) {
    const recording = other ?? store.state.recording;
    if (other && !other.file) {
      store.set({ notice: evictedNotice(`The server no longer has ${other.name}. Choose it again.`) });
      return null;
    }
    if (!recording?.file) {
      store.set({ recording: null, decoded: null, phase: 'asking' });
      return null;
    }
    if (encodedAgain.has(recording.clip)) {
      encodedAgain.clear();
      store.set({ notice: evictedNotice('The server has no room for this recording. Try a shorter one.') });
      return null;
    }
    try {
      await api.encode(recording.file, recording.name, model);
      encodedAgain.add(recording.clip);
      return 'again';
    } catch (error) {
      store.set({ notice: errorNotice(error) });
      return null;
    }
  }

  return { once, untilAnswered };
}
