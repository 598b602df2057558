/** Decodes the same clip with the same edits in a second model. */
import { matchedEdits } from '../../core/dimension-match.js';
import { currentEdits, decodeRequest, fitToModel, SOUND_KEYS } from '../../core/state.js';
import * as api from '../../server/api.js';
import { createLiveQuery } from '../../server/live-query.js';

/** @typedef {import('../../core/state.js').State} State */

/**
 * @param {State} state
 * @returns {string | null} name of the second model: the chosen one or the first other; null if only one is served
 */
export function secondModelOf({ models, model, compare }) {
  const others = models.map((one) => one.model).filter((name) => name !== model);
  return others.find((name) => name === compare.secondModel) ?? others[0] ?? null;
}

/** @param {State} state */
const isOpen = ({ panel, compare }) => panel === 'compare' && compare.by === 'models';

/**
 * @param {State} state
 * @returns {import('../../server/api.js').DecodeRequest | null} the request of the sliders, limited to the dimensions
 * of the second model
 */
export function secondModelRequest(state) {
  const { secondModelInfo: modelInfo } = state;
  if (!isOpen(state) || !modelInfo || modelInfo.model !== secondModelOf(state)) return null;
  const match = matchOf(state);
  const choice = match
    ? { ...state, module: match.toModule, editsByLayer: { [match.toModule]: matchedEdits(currentEdits(state), match) } }
    : state;
  return decodeRequest({ ...state, model: modelInfo.model, ...fitToModel(choice, modelInfo) });
}

/**
 * @param {State} state
 * @returns {import('../../core/dimension-match.js').Match | null} the linked pair of dimensions, if its layer is chosen
 * and both models have it
 */
export function matchOf({ compare: { match }, module, modelInfo, secondModelInfo }) {
  const has = (
    /** @type {import('../../server/api.js').Model | null} */ model,
    /** @type {number} */ at,
    /** @type {number} */ dim,
  ) => (model?.modules.find((one) => one.module === at)?.dims ?? 0) > dim;
  return match &&
    match.module === module &&
    has(modelInfo, match.module, match.dim) &&
    has(secondModelInfo, match.toModule, match.toDim)
    ? match
    : null;
}

/** @param {import('../../core/state.js').Store} store */
export function createSecondModel(store) {
  /**
   * @type {{model: string, clip: string, own: string} | null} name of the clip at the sample rate of the second model
   */
  let known = null;

  /**
   * A model with another sample rate encodes a resampled clip, which has its own name.
   * @param {import('../../server/api.js').DecodeRequest} request
   * @returns {Promise<import('../../server/api.js').DecodeRequest>}
   */
  async function atSecondRate(request) {
    const { recording, modelInfo, secondModelInfo } = store.state;
    const { model, clip } = request;
    if (!clip || !recording?.file || modelInfo?.sample_rate === secondModelInfo?.sample_rate) return request;
    if (known?.model !== model || known.clip !== clip)
      known = { model, clip, own: (await api.encode(recording.file, recording.name, model)).clip };
    return { ...request, clip: known.own };
  }

  createLiveQuery(store, {
    name: 'secondModelInfo',
    keys: ['models', 'model', 'compare', 'panel'],
    request: (state) => {
      const model = secondModelOf(state);
      return isOpen(state) && model ? { model } : null;
    },
    ask: ({ model }) => api.model(model),
    show: (secondModelInfo) => store.set({ secondModelInfo }),
  });
  createLiveQuery(store, {
    name: 'secondModel',
    keys: [...SOUND_KEYS, 'models', 'model', 'compare', 'panel', 'secondModelInfo'],
    request: secondModelRequest,
    ask: async (request, signal) => api.decode(await atSecondRate(request), signal),
    show: (sound) => store.set({ otherSounds: { ...store.state.otherSounds, secondModel: sound ?? undefined } }),
  });
}
