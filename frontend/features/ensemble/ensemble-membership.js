/** Which ensemble the chosen model is of, and where a dimension of it is found in the other models. */
import { correlation } from '../../core/dimension-match.js';
import * as api from '../../server/api.js';
import * as ensembleApi from '../../server/ensembles.js';
import { errorNotice } from '../../server/retry.js';

/** @typedef {{ensemble: string, members: ensembleApi.Member[], member: number}} Membership `member` is the chosen model's number */
/** @typedef {ensembleApi.Nearest & {name: string, model: string | null}} Found */

/** @param {import('../../core/state.js').Store} store */
export function createEnsembleMembership(store) {
  /** @type {Map<string, Promise<Membership | null>>} by model */
  const known = new Map();

  /** @param {string} model @returns {Promise<Membership | null>} */
  async function seek(model) {
    for (const { ensemble } of await ensembleApi.ensembles()) {
      const { members } = await ensembleApi.ensemble(ensemble);
      const member = members.findIndex((one) => one.model === model);
      if (member >= 0) return { ensemble, members, member };
    }
    return null;
  }

  /** @param {string} model */
  function kinOf(model) {
    const membership = known.get(model) ?? seek(model);
    known.set(model, membership);
    membership.then((found) => found || known.delete(model)).catch(() => known.delete(model)); // an ensemble may appear yet
    return membership;
  }

  return {
    /**
     * @param {number} dim of the chosen module
     * @returns {Promise<Found[] | null>} the nearest channel of each other model, most alike first; null where the model is of no ensemble
     */
    async nearest(dim) {
      const { model, module } = store.state;
      if (!model || !module) return null;
      try {
        const membership = await kinOf(model);
        if (!membership) return null;
        const found = await ensembleApi.nearest(membership.ensemble, { member: membership.member, module, dim });
        return found.map((one) => ({
          ...one,
          name: membership.members[one.member].member,
          model: membership.members[one.member].model,
        }));
      } catch (error) {
        if (error instanceof api.Problem && error.field === 'dim') return []; // it tells too little to be compared
        store.set({ notice: errorNotice(error) });
        return null;
      }
    },

    /**
     * Shows the two models side by side, both moved by this dimension.
     * @param {number} dim of the chosen module
     * @param {Found} found
     */
    async move(dim, { model: secondModel, module: toModule, dim: toDim }) {
      const { model, module, recording, card, compare } = store.state;
      if (!model || !module || !secondModel || !card) return;
      try {
        const clip = recording?.clip;
        const way = clip
          ? await wayOf({ clip, card, module, dim }, { model: secondModel, module: toModule, dim: toDim })
          : 1;
        if (store.state.model !== model || store.state.module !== module) return;
        store.set({
          panel: 'compare',
          compare: { ...compare, by: 'models', secondModel, match: { module, dim, toModule, toDim, way } },
        });
      } catch (error) {
        store.set({ notice: errorNotice(error) });
      }
    },
  };
}

/**
 * Information has no sign: whether the two run with or against each other is told by what both make of the open clip.
 * @param {{clip: string, card: api.Model, module: number, dim: number}} own
 * @param {{model: string, module: number, dim: number}} other
 * @returns {Promise<1 | -1>}
 */
async function wayOf({ clip, card, module, dim }, other) {
  const [theirs, ownMeans, otherMeans] = await Promise.all([
    api.model(other.model),
    api.latents({ clip, model: card.model, module }),
    api.latents({ clip, ...other }),
  ]);
  const clock = card.modules.find((one) => one.module === module);
  const otherClock = theirs.modules.find((one) => one.module === other.module);
  if (!clock || !otherClock) return 1;
  return correlation({ means: ownMeans, dim, clock }, { means: otherMeans, dim: other.dim, clock: otherClock }) < 0
    ? -1
    : 1;
}

/** @typedef {ReturnType<typeof createEnsembleMembership>} EnsembleMembership */
