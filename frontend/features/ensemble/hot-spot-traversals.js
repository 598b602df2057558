/** The same traversal in each model of a hot spot that can be heard: the open clip with the model's own dimension set to one value after another. */
import { correlation } from '../../core/dimension-match.js';
import { TRAVERSAL_VALUES } from '../../core/dimensions.js';
import { thumbnailWindow } from '../../core/time-window.js';
import * as api from '../../server/api.js';
import { createLiveQuery } from '../../server/live-query.js';
import { errorNotice } from '../../server/retry.js';
import { representatives, spotOf } from './model.js';

/** @typedef {import('../../core/state.js').State} State */
/** @typedef {{model: string, name: string, module: number, dim: number}} MemberDimension `name` is what the ensemble calls the model */
/** @typedef {MemberDimension & {way: 1 | -1, correlation: number, spectrograms: import('../../core/arrays.js').Spectrogram[]}} Row `way` is -1 where it runs against the first, and is walked backward */
/** @typedef {{model: string, clip: string, ensemble: string, spot: number, hotSpotTraversals: MemberDimension[], window?: import('../../server/api.js').Window}} Request */
/** @typedef {{clip: string, ensemble: string, spot: number, rows: Row[]}} HotSpotTraversals */

/**
 * @param {State} state
 * @returns {Request | null}
 */
function wanted(state) {
  const chosen = spotOf(state);
  const { panel, recording, model } = state;
  if (panel !== 'ensemble' || !chosen || !recording || !model) return null;
  const hotSpotTraversals = representatives(chosen.ensemble, chosen.spot).flatMap(
    ({ model: own, name, module, dim }) => (own ? [{ model: own, name, module, dim }] : []),
  );
  if (!hotSpotTraversals.length) return null;
  return {
    model,
    clip: recording.clip,
    ensemble: chosen.ensemble.ensemble,
    spot: chosen.number,
    hotSpotTraversals,
    ...thumbnailWindow({ ...state, view: null }, {}),
  };
}

/** @param {MemberDimension} relative @param {string} clip */
async function heardBy({ model, module, dim }, clip) {
  const [card, means] = await Promise.all([api.model(model), api.latents({ clip, model, module })]);
  const clock = card.modules.find((one) => one.module === module);
  if (!clock) throw new Error(`${model} has no module ${module}`);
  return { means, dim, clock };
}

/**
 * @param {Request} request
 * @param {AbortSignal} signal
 * @returns {Promise<HotSpotTraversals>}
 */
async function ask({ clip, ensemble, spot, hotSpotTraversals, window }, signal) {
  /** @type {Row[]} */
  const rows = [];
  const first = await heardBy(hotSpotTraversals[0], clip);
  for (const relative of hotSpotTraversals) {
    const own = rows.length ? correlation(first, await heardBy(relative, clip)) : 1;
    const way = own < 0 ? -1 : 1;
    const { model, module, dim } = relative;
    const values = TRAVERSAL_VALUES.map((value) => way * value);
    const { spectrograms } = await api.traverse(
      { model, module, clip, base: 'mean', seed: 0, edits: [], dim, values, ...(window && { window }) },
      signal,
    );
    rows.push({ ...relative, way, correlation: own, spectrograms });
  }
  return { clip, ensemble, spot, rows };
}

/**
 * @param {import('../../core/state.js').Store} store
 * @returns {{hear: (row: number, step: number) => Promise<boolean>}} false where it is not to be had; the page says why
 */
export function createHotSpotTraversals(store) {
  createLiveQuery(store, {
    name: 'hotSpotTraversals',
    keys: ['recording', 'panel', 'ensemble', 'ensembleChoice', 'model'],
    request: wanted,
    ask,
    show: (hotSpotTraversals) =>
      store.set({ hotSpotTraversals, otherSounds: { ...store.state.otherSounds, ensembleMember: undefined } }),
  });

  return {
    async hear(row, step) {
      const { hotSpotTraversals } = store.state;
      if (!hotSpotTraversals) return false;
      const { model, module, dim, way } = hotSpotTraversals.rows[row];
      try {
        const edits = [{ dim, op: /** @type {const} */ ('set'), value: way * TRAVERSAL_VALUES[step] }];
        const sound = await api.decode({ model, module, clip: hotSpotTraversals.clip, base: 'mean', seed: 0, edits });
        if (store.state.hotSpotTraversals !== hotSpotTraversals) return false;
        store.set({ otherSounds: { ...store.state.otherSounds, ensembleMember: sound } });
        return true;
      } catch (error) {
        store.set({ notice: errorNotice(error) });
        return false;
      }
    },
  };
}

/** @typedef {ReturnType<typeof createHotSpotTraversals>} HotSpotTraversalsHost */
