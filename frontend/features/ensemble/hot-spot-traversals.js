/** Traversals of a hot spot: the open recording with the matching dimension of each model set to a series of values. */
import { correlation } from '../../core/dimension-match.js';
import { TRAVERSAL_VALUES } from '../../core/dimensions.js';
import { thumbnailWindow } from '../../core/time-window.js';
import * as api from '../../server/api.js';
import { createLiveQuery } from '../../server/live-query.js';
import { errorNotice } from '../../server/retry.js';
import { representatives, spotOf } from './model.js';

/** @typedef {import('../../core/state.js').State} State */
/**
 * @typedef {{model: string, name: string, module: number, dim: number}} MemberDimension `name` is the model's name in
 * the ensemble
 */
/**
 * @typedef {MemberDimension & {sign: 1 | -1, correlation: number, spectrograms:
 * import('../../core/arrays.js').Spectrogram[]}} Row `sign` is -1 where it correlates negatively with the first, and is
 * traversed in reverse
 */
/**
 * @typedef {{model: string, clip: string, ensemble: string, spot: number, members: MemberDimension[], window?:
 * import('../../server/api.js').TimeWindow}} Request
 */
/** @typedef {{clip: string, ensemble: string, spot: number, rows: Row[]}} HotSpotTraversals */

/**
 * @param {State} state
 * @returns {Request | null}
 */
function traversalsRequest(state) {
  const chosen = spotOf(state);
  const { panel, recording, model } = state;
  if (panel !== 'ensemble' || !chosen || !recording || !model) return null;
  const members = representatives(chosen.ensemble, chosen.spot).flatMap(({ model: own, name, module, dim }) =>
    own ? [{ model: own, name, module, dim }] : [],
  );
  if (!members.length) return null;
  return {
    model,
    clip: recording.clip,
    ensemble: chosen.ensemble.ensemble,
    spot: chosen.number,
    members,
    ...thumbnailWindow({ ...state, view: null }, {}),
  };
}

/** @param {MemberDimension} member @param {string} clip */
async function latentsOf({ model, module, dim }, clip) {
  const [modelInfo, means] = await Promise.all([api.model(model), api.latents({ clip, model, module })]);
  const times = modelInfo.modules.find((one) => one.module === module);
  if (!times) throw new Error(`${model} has no layer ${module}`);
  return { means, dim, times };
}

/**
 * @param {Request} request
 * @param {AbortSignal} signal
 * @returns {Promise<HotSpotTraversals>}
 */
async function ask({ clip, ensemble, spot, members, window }, signal) {
  /** @type {Row[]} */
  const rows = [];
  const first = await latentsOf(members[0], clip);
  for (const member of members) {
    const own = rows.length ? correlation(first, await latentsOf(member, clip)) : 1;
    const sign = own < 0 ? -1 : 1;
    const { model, module, dim } = member;
    const values = TRAVERSAL_VALUES.map((value) => sign * value);
    const { spectrograms } = await api.traverse(
      { model, module, clip, base: 'mean', seed: 0, edits: [], dim, values, ...(window && { window }) },
      signal,
    );
    rows.push({ ...member, sign, correlation: own, spectrograms });
  }
  return { clip, ensemble, spot, rows };
}

/**
 * @param {import('../../core/state.js').Store} store
 * @returns {{hear: (row: number, step: number) => Promise<boolean>}} `hear` loads a sound; false if unavailable, and a
 * notice says why
 */
export function createHotSpotTraversals(store) {
  createLiveQuery(store, {
    name: 'hotSpotTraversals',
    keys: ['recording', 'panel', 'ensemble', 'ensembleChoice', 'model'],
    request: traversalsRequest,
    ask,
    show: (hotSpotTraversals) =>
      store.set({ hotSpotTraversals, otherSounds: { ...store.state.otherSounds, ensembleMember: undefined } }),
  });

  return {
    async hear(row, step) {
      const { hotSpotTraversals } = store.state;
      if (!hotSpotTraversals) return false;
      const { model, module, dim, sign } = hotSpotTraversals.rows[row];
      try {
        const edits = [{ dim, op: /** @type {const} */ ('set'), value: sign * TRAVERSAL_VALUES[step] }];
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
