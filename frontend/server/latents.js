/** The posterior of the open clip at the chosen layer, all frames: fetched while something shows it. */
import * as api from './api.js';
import { createRetry, errorNotice } from './retry.js';

/** @typedef {import('./api.js').Latents} Latents */
/** @typedef {{clip: string, model: string, module: number}} LatentsRequest */

/** @param {import('../core/state.js').State} state @returns {LatentsRequest | null} */
const requestOf = ({ recording, model, module }) =>
  recording && model && module ? { clip: recording.clip, model, module } : null;

/** @param {LatentsRequest | null} one @param {LatentsRequest | null} other */
const same = (one, other) => one?.clip === other?.clip && one?.model === other?.model && one?.module === other?.module;

/**
 * @param {import('../core/state.js').Store} store
 * @returns {{watch: (reader: string, reading: boolean) => void}} registers a reader; `state.latents` is current while
 * there is one
 */
export function createLatents(store) {
  const readers = new Set();
  const retry = createRetry(store);
  /** @type {LatentsRequest | null} fetched, or being fetched */
  let current = null;

  function refresh() {
    const request = readers.size ? requestOf(store.state) : null;
    if (same(request, current)) return;
    current = request;
    store.set({ latents: null });
    if (request) fetchLatents(request);
  }

  /** @param {LatentsRequest} request */
  async function fetchLatents(request) {
    const wanted = () => same(request, current);
    try {
      const latents = await retry.untilAnswered(() => api.latents(request), wanted, request.model);
      if (latents && wanted()) store.set({ latents });
      else if (wanted()) current = null; // allows another request
    } catch (error) {
      if (!wanted()) return;
      current = null;
      store.set({ notice: errorNotice(error) });
    }
  }

  store.on(['recording', 'model', 'module'], refresh);
  return {
    watch(reader, reading) {
      if (reading) readers.add(reader);
      else readers.delete(reader);
      refresh();
    },
  };
}

/** @typedef {ReturnType<typeof createLatents>} LatentsWatch */
