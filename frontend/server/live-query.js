/** A request derived from the state: sent again when it changes, and cancelled when its answer is no longer wanted. */
import { latestOnly } from '../core/latest-only.js';
import { createRetry, errorNotice } from './retry.js';

/** @typedef {import('../core/state.js').State} State */

/** Delay of expensive requests, so that they wait for the sliders to rest. */
const DEBOUNCE_MS = 200;

/**
 * @template {{model: string}} Request
 * @template Answer
 * @param {import('../core/state.js').Store} store
 * @param {object} query
 * @param {import('../core/state.js').Pending} query.name listed in `state.pending` while the request runs
 * @param {readonly (keyof State)[]} query.keys of the state that the request depends on
 * @param {(state: State) => Request | null} query.request null: nothing to request
 * @param {(request: Request, signal: AbortSignal) => Promise<Answer>} query.ask
 * @param {(answer: Answer | null, request: Request | null) => void} query.show null: nothing to show
 * @param {(state: State) => import('./retry.js').OtherClips} [query.others] recordings of the request besides the open
 * one
 * @param {boolean} [query.live] no delay, and each answer is shown even if a newer request is waiting
 * @returns {{settled: () => Promise<void>}} resolves when no request is running or waiting
 */
export function createLiveQuery(store, { name, keys, request, ask, show, others, live = false }) {
  const retry = createRetry(store);
  let latestText = 'null';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let controller = new AbortController();

  /** @param {boolean} pending */
  function setPending(pending) {
    const rest = store.state.pending.filter((one) => one !== name);
    if (pending !== store.state.pending.includes(name)) store.set({ pending: pending ? [...rest, name] : rest });
  }

  /** @param {{current: Request, text: string}} job */
  async function work({ current, text }) {
    const { signal } = (controller = new AbortController());
    const isLatest = () => text === latestText;
    const wanted = () => !signal.aborted && (isLatest() || live);
    try {
      const answer = await retry.once(() => ask(current, signal), wanted, current.model, others?.(store.state));
      if (answer === 'again') return false;
      if (answer) show(answer, current);
    } catch (error) {
      store.set({ notice: errorNotice(error) });
      show(null, current);
    }
    if (isLatest()) setPending(false);
    return true;
  }
  const runner = latestOnly(work, () => {});

  store.on(keys, () => {
    const current = request(store.state);
    const text = JSON.stringify(current);
    if (text === latestText) return;
    latestText = text;
    clearTimeout(timer);
    setPending(current !== null);
    if (!live || !current) controller.abort();
    if (!current) show(null, null);
    else if (live) runner.request({ current, text });
    else timer = setTimeout(() => runner.request({ current, text }), DEBOUNCE_MS);
  });

  return { settled: runner.idle };
}
