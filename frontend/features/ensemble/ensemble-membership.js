/** Ensemble of the chosen model, and the matching dimensions in its other models. */
import { correlation } from '../../core/dimension-match.js';
import * as api from '../../server/api.js';
import * as ensembleApi from '../../server/ensembles.js';
import { errorNotice } from '../../server/retry.js';

/**
 * @typedef {{ensemble: string, members: ensembleApi.Member[], member: number}} Membership `member` is the index of the
 * chosen model
 */
/** @typedef {ensembleApi.Nearest & {name: string, model: string | null}} Found */

/** @param {import('../../core/state.js').Store} store */
export function createEnsembleMembership(store) {
  /** @type {Map<string, Promise<Membership | null>>} by model */
  const known = new Map();

  /** @param {string} model @returns {Promise<Membership | null>} */
  async function findMembership(model) {
    for (const { ensemble } of await ensembleApi.ensembles()) {
      const { members } = await ensembleApi.ensemble(ensemble);
      const member = members.findIndex((one) => one.model === model);
      if (member >= 0) return { ensemble, members, member };
    }
    return null;
  }

  /** @param {string} model */
  function membershipOf(model) {
    const membership = known.get(model) ?? findMembership(model);
    known.set(model, membership);
    // Ask again next time: an ensemble may be added.
    membership.then((found) => found || known.delete(model)).catch(() => known.delete(model));
    return membership;
  }

  return {
    /**
     * @param {number} dim of the chosen layer
     * @returns {Promise<Found[] | null>} the closest dimension of each other model, highest NMI first; null if the
     * model is in no ensemble
     */
    async nearest(dim) {
      const { model, module } = store.state;
      if (!model || !module) return null;
      try {
        const membership = await membershipOf(model);
        if (!membership) return null;
        const found = await ensembleApi.nearest(membership.ensemble, { member: membership.member, module, dim });
        return found.map((one) => ({
          ...one,
          name: membership.members[one.member].member,
          model: membership.members[one.member].model,
        }));
      } catch (error) {
        if (error instanceof api.Problem && error.field === 'dim') return []; // too little information to be compared
        store.set({ notice: errorNotice(error) });
        return null;
      }
    },

    /**
     * Opens the comparison of two models with this pair of dimensions linked.
     * @param {number} dim of the chosen layer
     * @param {Found} found
     */
    async move(dim, { model: secondModel, module: toModule, dim: toDim }) {
      const { model, module, recording, modelInfo, compare } = store.state;
      if (!model || !module || !secondModel || !modelInfo) return;
      try {
        const clip = recording?.clip;
        const sign = clip
          ? await signOf({ clip, modelInfo, module, dim }, { model: secondModel, module: toModule, dim: toDim })
          : 1;
        if (store.state.model !== model || store.state.module !== module) return;
        store.set({
          panel: 'compare',
          compare: { ...compare, by: 'models', secondModel, match: { module, dim, toModule, toDim, sign } },
        });
      } catch (error) {
        store.set({ notice: errorNotice(error) });
      }
    },
  };
}

/**
 * Mutual information has no sign: the sign comes from the correlation over the open recording.
 * @param {{clip: string, modelInfo: api.Model, module: number, dim: number}} own
 * @param {{model: string, module: number, dim: number}} other
 * @returns {Promise<1 | -1>}
 */
async function signOf({ clip, modelInfo, module, dim }, other) {
  const [theirs, ownMeans, otherMeans] = await Promise.all([
    api.model(other.model),
    api.latents({ clip, model: modelInfo.model, module }),
    api.latents({ clip, ...other }),
  ]);
  const times = modelInfo.modules.find((one) => one.module === module);
  const otherTimes = theirs.modules.find((one) => one.module === other.module);
  if (!times || !otherTimes) return 1;
  return correlation({ means: ownMeans, dim, times }, { means: otherMeans, dim: other.dim, times: otherTimes }) < 0
    ? -1
    : 1;
}

/** @typedef {ReturnType<typeof createEnsembleMembership>} EnsembleMembership */
