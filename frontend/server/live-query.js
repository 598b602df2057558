/** An answer of the server that is kept up with the state: asked for anew whenever what to ask for changes; what nobody wants any more is broken off. */
import { latestOnly } from '../core/latest-only.js';
import { createRetry, errorNotice } from './retry.js';

/** @typedef {import('../core/state.js').State} State */

/** What is expensive waits until the sliders rest. */
const REST_MS = 200;

/**
 * @template {{model: string}} Request
 * @template Answer
 * @param {import('../core/state.js').Store} store
 * @param {object} what
 * @param {import('../core/state.js').Pending} what.name it stands in `pending` of the state while an answer is awaited
 * @param {readonly (keyof State)[]} what.keys of the state that the request depends on
 * @param {(state: State) => Request | null} what.request null while nothing is wanted
 * @param {(request: Request, signal: AbortSignal) => Promise<Answer>} what.ask
 * @param {(answer: Answer | null, request: Request | null) => void} what.show null where there is nothing to be shown
 * @param {(state: State) => import('./retry.js').Others} [what.others] recordings it needs besides the open one
 * @param {boolean} [what.live] what moves under a hand: asked for at once, and each answer is shown though a newer one is on its way
 * @returns {{settled: () => Promise<void>}} when what is asked for is here
 */
export function createLiveQuery(store, { name, keys, request, ask, show, others, live = false }) {
  const bear = createRetry(store);
  let wanted = 'null';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let resting;
  let breaker = new AbortController();

  /** @param {boolean} pending */
  function tell(pending) {
    const rest = store.state.pending.filter((one) => one !== name);
    if (pending !== store.state.pending.includes(name)) store.set({ pending: pending ? [...rest, name] : rest });
  }

  /** @param {{asked: Request, text: string}} job */
  async function work({ asked, text }) {
    const { signal } = (breaker = new AbortController());
    const newestYet = () => text === wanted;
    const still = () => !signal.aborted && (newestYet() || live);
    try {
      const answer = await bear(() => ask(asked, signal), still, asked.model, others?.(store.state));
      if (answer === 'again') return false;
      if (answer) show(answer, asked);
    } catch (error) {
      store.set({ notice: errorNotice(error) });
      show(null, asked);
    }
    if (newestYet()) tell(false);
    return true;
  }
  const asker = latestOnly(work, () => {});

  store.on(keys, () => {
    const asked = request(store.state);
    const text = JSON.stringify(asked);
    if (text === wanted) return;
    wanted = text;
    clearTimeout(resting);
    tell(asked !== null);
    if (!live || !asked) breaker.abort();
    if (!asked) show(null, null);
    else if (live) asker.ask({ asked, text });
    else resting = setTimeout(() => asker.ask({ asked, text }), REST_MS);
  });

  return { settled: asker.idle };
}
