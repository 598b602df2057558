/** Decodings of the recording from every layer without edits, fetched on demand and cached. */
import { layerRequest } from '../../core/state.js';
import * as api from '../../server/api.js';
import { createRetry, errorNotice } from '../../server/retry.js';

/** @typedef {import('../../server/api.js').Decoded} Decoded */

/** State keys that determine the sound of the layers. */
const LAYER_SOUND_KEYS = /** @type {const} */ (['recording', 'model', 'base', 'seed']);

/**
 * @param {import('../../core/state.js').Store} store
 * @returns {{fetch: (module: number) => Promise<Decoded | null>}} null if unavailable; a notice says why
 */
export function createLayers(store) {
  const retry = createRetry(store);
  /** @type {Map<number, Promise<Decoded | null>>} replaced when the cache is cleared */
  let requests = new Map();
  /** @type {Promise<unknown>} one request at a time */
  let last = Promise.resolve();

  store.on(LAYER_SOUND_KEYS, () => {
    requests = new Map();
    store.set({ layers: {} });
  });

  /** @param {number} module */
  function fetch(module) {
    const known = requests.get(module);
    if (known) return known;
    const current = requests;
    const layer = last.then(() => obtain(module, () => requests === current));
    requests.set(module, layer);
    last = layer.catch(() => {});
    return layer;
  }

  /**
   * @param {number} module
   * @param {() => boolean} wanted
   * @returns {Promise<Decoded | null>}
   */
  async function obtain(module, wanted) {
    const request = layerRequest(store.state, module);
    if (!request) return null;
    const keep = (/** @type {Decoded | null} */ layer) =>
      store.set({ layers: { ...store.state.layers, [module]: layer } });
    try {
      const layer = await retry.untilAnswered(() => api.decode(request), wanted, request.model);
      if (layer) keep(layer);
      else if (wanted()) requests.delete(module); // allow another attempt
      return layer;
    } catch (error) {
      if (error instanceof api.Problem && error.noDecoder) {
        keep(null);
      } else {
        requests.delete(module);
        store.set({ notice: errorNotice(error) });
      }
      return null;
    }
  }

  return { fetch };
}

/** @typedef {ReturnType<typeof createLayers>} Layers */
