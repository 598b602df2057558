/** What each layer keeps: the open clip's unedited decoding from every module, fetched when first wanted and kept while it stays the same. */
import { layerRequest } from '../../core/state.js';
import * as api from '../../server/api.js';
import { createRetry, errorNotice } from '../../server/retry.js';

/** @typedef {import('../../server/api.js').Decoded} Decoded */

/** The keys that decide how the layers sound. */
const UNEDITED = /** @type {const} */ (['recording', 'model', 'base', 'seed']);

/**
 * @param {import('../../core/state.js').Store} store
 * @returns {{fetch: (module: number) => Promise<Decoded | null>}} null for one that is not to be had; the page says why
 */
export function createLayers(store) {
  const attempt = createRetry(store);
  /** @type {Map<number, Promise<Decoded | null>>} a new one whenever what was fetched is forgotten */
  let asked = new Map();
  /** @type {Promise<unknown>} the server is asked for one at a time */
  let last = Promise.resolve();

  store.on(UNEDITED, () => {
    asked = new Map();
    store.set({ layers: {} });
  });

  /** @param {number} module */
  function fetch(module) {
    const known = asked.get(module);
    if (known) return known;
    const mine = asked;
    const layer = last.then(() => obtain(module, () => asked === mine));
    asked.set(module, layer);
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
      let layer;
      do layer = await attempt(() => api.decode(request), wanted, request.model);
      while (layer === 'again');
      if (layer) keep(layer);
      else if (wanted()) asked.delete(module); // so that it can be asked for once more
      return layer;
    } catch (error) {
      if (error instanceof api.Problem && error.noDecoder) {
        keep(null);
      } else {
        asked.delete(module);
        store.set({ notice: errorNotice(error) });
      }
      return null;
    }
  }

  return { fetch };
}

/** @typedef {ReturnType<typeof createLayers>} Layers */
