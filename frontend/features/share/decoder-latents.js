/** Latents that were decoded, computed in the page where possible. Pure. */
import { toWireEdits } from '../../core/edits.js';
import { chosenLayer, currentEdits, durationOf, summaryOf } from '../../core/state.js';
import { editedLatents, framesOf } from './edited-latents.js';

/** @typedef {{values: Float32Array, shape: number[]}} LatentArray */

/**
 * @param {import('../../core/state.js').State} state
 * @returns {LatentArray | string} [dims, frames]; or why they are not available
 */
export function latentsOf(state) {
  const { base, modelInfo, recording, latents, module } = state;
  const facts = chosenLayer(state);
  if (!facts || !modelInfo) return 'No model yet.';
  if (base === 'sample' || base === 'prior')
    return 'Available for Mean and Zero only. The recipe describes a random sample.';
  if (!recording) return 'Available for a recording only. The recipe contains everything else.';
  const count = summaryOf(state, module)?.frames ?? latents?.frames;
  const mean =
    latents?.clip === recording.clip && latents.module === module && latents.model === modelInfo.model
      ? latents.mean
      : null;
  const values = base === 'zero' && count ? new Float32Array(facts.dims * count) : mean;
  if (!values || !count) return 'Loading …';
  const edits = toWireEdits(currentEdits(state), durationOf(state));
  return {
    values: editedLatents(values, count, edits, framesOf(facts, modelInfo.sample_rate)),
    shape: [facts.dims, count],
  };
}
