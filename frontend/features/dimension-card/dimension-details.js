/** What the cards of dimensions are filled with: all that the report says of one, and what it does to the open recording. Fetched once a card is open. */
import { TRAVERSAL_VALUES } from '../../core/dimensions.js';
import { thumbnailWindow } from '../../core/time-window.js';
import * as api from '../../server/api.js';
import { createRetry, errorNotice } from '../../server/retry.js';

/** @typedef {import('../../server/api.js').Traversal} Traversal */
/** @typedef {Traversal & {values: number[]}} Strip pictures of the open recording, unedited but for one dimension set to each value */

/**
 * @param {import('../../core/state.js').State} state
 * @param {number} dim
 * @returns {import('../../server/api.js').TraverseRequest | null} null without a recording
 */
function stripRequest(state, dim) {
  const { model, module, recording } = state;
  if (!model || !module || !recording) return null;
  return {
    model,
    module,
    clip: recording.clip,
    base: 'mean',
    seed: 0,
    edits: [],
    dim,
    values: TRAVERSAL_VALUES,
    ...thumbnailWindow({ ...state, view: null }, {}),
  };
}

/**
 * @param {import('../../core/state.js').Store} store
 * @returns {{facts: (dim: number) => Promise<import('../../server/api.js').DimensionDetail | null>, strip: (dim: number) => Promise<Strip | null>}}
 * of the chosen module; null for what is not to be had any more, or cannot be, which the page then says
 */
export function createDimensionDetails(store) {
  const retry = createRetry(store);
  /** Counts what is shown: answers about something shown before are dropped. */
  let shown = 0;
  /** @type {Promise<unknown>} one request after another: cards do not crowd out a moving slider */
  let last = Promise.resolve();
  store.on(['model', 'module', 'recording'], () => shown++);

  /**
   * @template Answer
   * @param {() => Promise<Answer>} ask
   * @returns {Promise<Answer | null>}
   */
  function inTurn(ask) {
    const mine = shown;
    const model = String(store.state.model);
    const answer = last.then(async () => {
      try {
        return await retry.untilAnswered(ask, () => mine === shown, model);
      } catch (error) {
        // A module without a decoder has a card all the same, without pictures
        if (!(error instanceof api.Problem && error.noDecoder)) store.set({ notice: errorNotice(error) });
        return null;
      }
    });
    last = answer.catch(() => {}); // whatever befell it, the next has its turn
    return answer;
  }

  return {
    facts(dim) {
      const { model, module } = store.state;
      return inTurn(() => api.dimension(String(model), Number(module), dim));
    },
    async strip(dim) {
      const request = stripRequest(store.state, dim);
      const answer = request && (await inTurn(() => api.traverse(request)));
      return answer && { ...answer, values: TRAVERSAL_VALUES };
    },
  };
}

/** @typedef {ReturnType<typeof createDimensionDetails>} DimensionDetails */
