/** Contents of a dimension's card: its report and a traversal of the open recording, fetched when the card opens. */
import { TRAVERSAL_VALUES } from '../../core/dimensions.js';
import { thumbnailWindow } from '../../core/time-window.js';
import * as api from '../../server/api.js';
import { createRetry, errorNotice } from '../../server/retry.js';

/** @typedef {import('../../server/api.js').Traversal} Traversal */
/**
 * @typedef {Traversal & {values: number[]}} Strip spectrograms of the open recording with one dimension set to each
 * value
 */

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
 * @returns {{facts: (dim: number) => Promise<import('../../server/api.js').DimensionDetail | null>, strip: (dim:
 * number) => Promise<Strip | null>}}
 * of the chosen layer; null if outdated or unavailable, with a notice
 */
export function createDimensionDetails(store) {
  const retry = createRetry(store);
  /** Counts changes of recording, model and layer: answers to earlier requests are dropped. */
  let currentVersion = 0;
  /** @type {Promise<unknown>} one request at a time, so that cards do not delay a moving slider */
  let last = Promise.resolve();
  store.on(['model', 'module', 'recording'], () => currentVersion++);

  /**
   * @template Answer
   * @param {() => Promise<Answer>} ask
   * @returns {Promise<Answer | null>}
   */
  function queued(ask) {
    const version = currentVersion;
    const model = String(store.state.model);
    const answer = last.then(async () => {
      try {
        return await retry.untilAnswered(ask, () => version === currentVersion, model);
      } catch (error) {
        // A layer without a decoder has a card without pictures
        if (!(error instanceof api.Problem && error.noDecoder)) store.set({ notice: errorNotice(error) });
        return null;
      }
    });
    last = answer.catch(() => {}); // the next request runs even if this one fails
    return answer;
  }

  return {
    facts(dim) {
      const { model, module } = store.state;
      return queued(() => api.dimension(String(model), Number(module), dim));
    },
    async strip(dim) {
      const request = stripRequest(store.state, dim);
      const answer = request && (await queued(() => api.traverse(request)));
      return answer && { ...answer, values: TRAVERSAL_VALUES };
    },
  };
}

/** @typedef {ReturnType<typeof createDimensionDetails>} DimensionDetails */
