/** The same traversal in each model of a hot spot that can be heard: the open clip with the model's own dimension set to one value after another. */
import { correlation } from '../../core/dimension-match.js';
import { STRIP } from '../../core/dimensions.js';
import { excerptOf } from '../../core/time-window.js';
import * as api from '../../server/api.js';
import { createUpkeep } from '../../server/live-query.js';
import { noticeOf } from '../../server/retry.js';
import { representatives, spotOf } from './model.js';

/** @typedef {import('../../core/state.js').State} State */
/** @typedef {{model: string, name: string, module: number, dim: number}} Relative `name` is what the ensemble calls the model */
/** @typedef {Relative & {way: 1 | -1, correlation: number, spectrograms: import('../../core/arrays.js').Spectrogram[]}} Row `way` is -1 where it runs against the first, and is walked backward */
/** @typedef {{model: string, clip: string, ensemble: string, spot: number, relatives: Relative[], window?: import('../../server/api.js').Window}} Request */
/** @typedef {{clip: string, ensemble: string, spot: number, rows: Row[]}} Relatives */

/**
 * @param {State} state
 * @returns {Request | null}
 */
function wanted(state) {
  const chosen = spotOf(state);
  const { panel, recording, model } = state;
  if (panel !== 'ensemble' || !chosen || !recording || !model) return null;
  const relatives = representatives(chosen.ensemble, chosen.spot).flatMap(({ model: own, name, module, dim }) =>
    own ? [{ model: own, name, module, dim }] : [],
  );
  if (!relatives.length) return null;
  return {
    model,
    clip: recording.clip,
    ensemble: chosen.ensemble.ensemble,
    spot: chosen.number,
    relatives,
    ...excerptOf({ ...state, view: null }, {}),
  };
}

/** @param {Relative} relative @param {string} clip */
async function heardBy({ model, module, dim }, clip) {
  const [card, means] = await Promise.all([api.model(model), api.latents({ clip, model, module })]);
  const clock = card.modules.find((one) => one.module === module);
  if (!clock) throw new Error(`${model} has no module ${module}`);
  return { means, dim, clock };
}

/**
 * @param {Request} request
 * @param {AbortSignal} signal
 * @returns {Promise<Relatives>}
 */
async function ask({ clip, ensemble, spot, relatives, window }, signal) {
  /** @type {Row[]} */
  const rows = [];
  const first = await heardBy(relatives[0], clip);
  for (const relative of relatives) {
    const own = rows.length ? correlation(first, await heardBy(relative, clip)) : 1;
    const way = own < 0 ? -1 : 1;
    const { model, module, dim } = relative;
    const values = STRIP.map((value) => way * value);
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
export function createRelatives(store) {
  createUpkeep(store, {
    name: 'relatives',
    keys: ['recording', 'panel', 'ensemble', 'among', 'model'],
    request: wanted,
    ask,
    show: (relatives) => store.set({ relatives, asides: { ...store.state.asides, relative: undefined } }),
  });

  return {
    async hear(row, step) {
      const { relatives } = store.state;
      if (!relatives) return false;
      const { model, module, dim, way } = relatives.rows[row];
      try {
        const edits = [{ dim, op: /** @type {const} */ ('set'), value: way * STRIP[step] }];
        const sound = await api.decode({ model, module, clip: relatives.clip, base: 'mean', seed: 0, edits });
        if (store.state.relatives !== relatives) return false;
        store.set({ asides: { ...store.state.asides, relative: sound } });
        return true;
      } catch (error) {
        store.set({ notice: noticeOf(error) });
        return false;
      }
    },
  };
}

/** @typedef {ReturnType<typeof createRelatives>} RelativesHost */
