/** The same clip and the same gesture in another model: another seed, another preset, another corpus. */
import { matchedEdits } from '../../core/dimension-match.js';
import { decodeRequest, fitToModel, currentEdits, SOUND_KEYS } from '../../core/state.js';
import * as api from '../../server/api.js';
import { createLiveQuery } from '../../server/live-query.js';

/** @typedef {import('../../core/state.js').State} State */

/**
 * @param {State} state
 * @returns {string | null} the other model's name: the chosen one, or the first there is; null where only one is served
 */
export function secondModelOf({ models, model, compare }) {
  const others = models.map((one) => one.model).filter((name) => name !== model);
  return others.find((name) => name === compare.secondModel) ?? others[0] ?? null;
}

/** @param {State} state */
const isOpen = ({ panel, compare }) => panel === 'compare' && compare.by === 'models';

/**
 * @param {State} state
 * @returns {import('../../server/api.js').DecodeRequest | null} what the sliders ask for, as far as the other model has it
 */
export function secondModelRequest(state) {
  const { secondModelCard: card } = state;
  if (!isOpen(state) || !card || card.model !== secondModelOf(state)) return null;
  const match = matchOf(state);
  const choice = match
    ? { ...state, module: match.toModule, editsByLayer: { [match.toModule]: matchedEdits(currentEdits(state), match) } }
    : state;
  return decodeRequest({ ...state, model: card.model, ...fitToModel(choice, card) });
}

/**
 * @param {State} state
 * @returns {import('../../core/dimension-match.js').Match | null} the dimension that alone moves both, while its module is chosen and both have it
 */
export function matchOf({ compare: { match }, module, card, secondModelCard }) {
  const has = (
    /** @type {import('../../server/api.js').Model | null} */ model,
    /** @type {number} */ at,
    /** @type {number} */ dim,
  ) => (model?.modules.find((one) => one.module === at)?.dims ?? 0) > dim;
  return match &&
    match.module === module &&
    has(card, match.module, match.dim) &&
    has(secondModelCard, match.toModule, match.toDim)
    ? match
    : null;
}

/** @param {import('../../core/state.js').Store} store */
export function createSecondModel(store) {
  /** @type {{model: string, clip: string, own: string} | null} what the clip is called that the other model hears */
  let known = null;

  /**
   * A model of another rate hears another waveform, which has a name of its own.
   * @param {import('../../server/api.js').DecodeRequest} request
   * @returns {Promise<import('../../server/api.js').DecodeRequest>}
   */
  async function inItsRate(request) {
    const { recording, card, secondModelCard } = store.state;
    const { model, clip } = request;
    if (!clip || !recording?.file || card?.sample_rate === secondModelCard?.sample_rate) return request;
    if (known?.model !== model || known.clip !== clip)
      known = { model, clip, own: (await api.encode(recording.file, recording.name, model)).clip };
    return { ...request, clip: known.own };
  }

  createLiveQuery(store, {
    name: 'card',
    keys: ['models', 'model', 'compare', 'panel'],
    request: (state) => {
      const model = secondModelOf(state);
      return isOpen(state) && model ? { model } : null;
    },
    ask: ({ model }) => api.model(model),
    show: (secondModelCard) => store.set({ secondModelCard }),
  });
  createLiveQuery(store, {
    name: 'secondModel',
    keys: [...SOUND_KEYS, 'models', 'model', 'compare', 'panel', 'secondModelCard'],
    request: secondModelRequest,
    ask: async (request, signal) => api.decode(await inItsRate(request), signal),
    show: (sound) => store.set({ otherSounds: { ...store.state.otherSounds, secondModel: sound ?? undefined } }),
  });
}
