/** The posterior of the open clip, every frame of the chosen module: fetched when somebody looks at it, forgotten with the clip. */
import * as api from './api.js';
import { createRetry, errorNotice } from './retry.js';

/** @typedef {import('./api.js').Latents} Latents */
/** @typedef {{clip: string, model: string, module: number}} Whose */

/** @param {import('../core/state.js').State} state @returns {Whose | null} */
const wanted = ({ recording, model, module }) =>
  recording && model && module ? { clip: recording.clip, model, module } : null;

/** @param {Whose | null} one @param {Whose | null} other */
const same = (one, other) => one?.clip === other?.clip && one?.model === other?.model && one?.module === other?.module;

/**
 * @param {import('../core/state.js').Store} store
 * @returns {{watch: (reader: string, reading: boolean) => void}} who reads them: while anybody does, `latents` in the state is kept up
 */
export function createLatents(store) {
  const readers = new Set();
  const bear = createRetry(store);
  /** @type {Whose | null} what is here or on its way */
  let shown = null;

  function keepUp() {
    const whose = readers.size ? wanted(store.state) : null;
    if (same(whose, shown)) return;
    shown = whose;
    store.set({ latents: null });
    if (whose) obtain(whose);
  }

  /** @param {Whose} whose */
  async function obtain(whose) {
    const still = () => same(whose, shown);
    try {
      let latents;
      do latents = await bear(() => api.latents(whose), still, whose.model);
      while (latents === 'again');
      if (latents && still()) store.set({ latents });
      else if (still()) shown = null; // so that it can be asked for once more
    } catch (error) {
      if (!still()) return;
      shown = null;
      store.set({ notice: errorNotice(error) });
    }
  }

  store.on(['recording', 'model', 'module'], keepUp);
  return {
    watch(reader, reading) {
      if (reading) readers.add(reader);
      else readers.delete(reader);
      keepUp();
    },
  };
}

/** @typedef {ReturnType<typeof createLatents>} LatentsWatch */
