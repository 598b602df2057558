/** Words for the typicality of decoded latents. */
import { fixed, seconds } from '../../core/format.js';

/** @typedef {import('../../server/api.js').PriorDistance} PriorDistance */
/** @typedef {import('../../server/api.js').LeastTypical} LeastTypical */
/** @typedef {'within' | 'edge' | 'outside'} State */
/** @typedef {{state: State, words: string, title: string}} Typicality */

/** Probabilities, or shares of training frames farther from zero, below which the state changes. */
const EDGE = 0.05;
const OUTSIDE = 0.001;

/** @type {Record<State, string>} */
const WORDS = {
  within: 'Typical of training data',
  edge: 'Unusual for the training data',
  outside: 'Outside the training data',
};
/** @type {Record<State, string>} */
const MEANINGS = {
  within: 'The decoder was trained on many such latents.',
  edge: 'The decoder was trained on few such latents; the sound may be unreliable.',
  outside: 'The decoder was trained on almost no such latents; the sound is unreliable.',
};

/**
 * @param {PriorDistance | null} prior
 * @returns {Typicality | null} by single frames, or by the RMS of all latents if the frames cannot be compared with
 * training frames; null if neither is known
 */
export function typicalityOf(prior) {
  if (prior?.least) return byFrames(prior.least, prior.typical ?? 1);
  return prior?.beyond == null ? null : byRms(prior.beyond);
}

/**
 * @param {LeastTypical} least
 * @param {number} typical share of the median frame
 * @returns {Typicality}
 */
function byFrames({ share, at, side, frames }, typical) {
  // One of many frames is extreme by chance: the probability for independent frames. Half of them: at most twice the
  // median share, however dependent they are (Rueger's inequality).
  const one = 1 - (1 - share) ** frames;
  const half = Math.min(1, 2 * typical);
  const state = stateOf(Math.min(one, half));
  const near = side === 'near';
  const which = frames === 1 ? 'The frame' : `The least typical of ${frames} frames,`;
  const where = `at ${seconds(at)}${frames === 1 ? '' : ','}`;
  const found = near ? 'closer to the training frames' : 'farther from the training frames';
  const others = `${share > 0 ? `${percent(share / 2)} of` : 'none of'} them are ${near ? 'closer together' : 'farther apart'}`;
  const median =
    half < one
      ? ` Half of the frames are as unusual as the most extreme ${percent(typical)} of the training frames.`
      : '';
  return {
    state,
    words: WORDS[state],
    title: `${which} ${where} is ${found} than usual: ${others}.${median} ${MEANINGS[state]}`,
  };
}

/** @param {number} beyond share of training frames @returns {Typicality} */
function byRms(beyond) {
  const state = stateOf(beyond);
  return {
    state,
    words: `${WORDS[state]} (${percentile(beyond)})`,
    title: `${percent(beyond)} of the training frames lie farther from zero than these latents. ${MEANINGS[state]}`,
  };
}

/** @param {number} share @returns {State} */
const stateOf = (share) => (share < OUTSIDE ? 'outside' : share < EDGE ? 'edge' : 'within');

/** @param {number} share */
const percent = (share) => `${share > 0 && share < 0.01 ? fixed(share * 100, 1) : Math.round(share * 100)} %`;

/** @param {number} share */
function percentile(share) {
  if (share > 0 && share < 0.01) return 'below the 1st percentile';
  const number = Math.round(share * 100);
  const suffix = ['th', 'st', 'nd', 'rd'][Math.floor(number / 10) % 10 === 1 ? 0 : number % 10] ?? 'th';
  return `${number}${suffix} percentile`;
}
