/**
 * Interpolation between two clips: second clip, pictures of the steps, sound at a position. Posterior means without
 * edits.
 */
import { chosenLayer } from '../../core/state.js';
import { thumbnailWindow } from '../../core/time-window.js';
import * as api from '../../server/api.js';
import { createLiveQuery } from '../../server/live-query.js';

/** @typedef {import('../../core/state.js').State} State */
/** @typedef {import('../../core/state.js').Recording} Recording */
/** @typedef {{model: string, example: string | null, clip: string | null, file: string | null}} SecondRequest */

/** Number of pictures, including both ends. */
export const STEPS = 6;

/** @param {State} state */
const isOpen = ({ panel, compare }) => panel === 'compare' && compare.by === 'clips';

/**
 * @param {State} state
 * @returns {SecondRequest | null}
 */
function secondRequest(state) {
  const { model, examples, compare } = state;
  const { clip, file } = compare;
  const example = examples.find(({ id }) => id === compare.example)?.id ?? null;
  return isOpen(state) && model && (example || clip) ? { model, example, clip, file } : null;
}

/**
 * @param {State} state
 * @returns {import('../../server/api.js').InterpolateRequest | null}
 */
function interpolationRequest(state) {
  const { model, module, recording, second } = state;
  if (!isOpen(state) || !model || !module || !recording || !second) return null;
  return {
    model,
    module,
    from: recording.clip,
    to: second.clip,
    ...chosenDims(state),
    steps: STEPS,
    ...thumbnailWindow(state, {}),
  };
}

/**
 * @param {State} state
 * @returns {import('../../server/api.js').DecodeRequest | null}
 */
function blendRequest(state) {
  const { model, module, recording, second, compare } = state;
  if (!isOpen(state) || !model || !module || !recording || !second) return null;
  const toward = { clip: second.clip, share: compare.share, ...chosenDims(state) };
  return { model, module, clip: recording.clip, base: 'mean', seed: 0, edits: [], toward };
}

/**
 * @param {State} state
 * @returns {{top_k?: number}} empty for all dimensions
 */
function chosenDims(state) {
  const { top } = state.compare;
  const dims = chosenLayer(state)?.dims ?? 0;
  return top === null || top >= dims ? {} : { top_k: top };
}

/**
 * Cumulative share of the distance between the clips, largest contribution first.
 * @param {number[]} contribution share of each dimension, sum 1
 * @returns {number[]} of the first, the first two, ... dimensions
 */
export function cumulated(contribution) {
  let sum = 0;
  return [...contribution].sort((one, other) => other - one).map((share) => Math.min(1, (sum += share)));
}

/**
 * @param {import('../../core/state.js').Store} store
 * @returns {{settled: () => Promise<void>}} `settled` resolves when the sound at the chosen position is loaded
 */
export function createInterpolation(store) {
  /** @param {SecondRequest} request @returns {Promise<Recording>} */
  async function open({ model, example, clip, file: name }) {
    const label = example
      ? (store.state.examples.find(({ id }) => id === example)?.label ?? example)
      : (name ?? 'the second recording');
    const recent = store.state.recentFiles.find((one) => one.clip === clip);
    const file = example ? await api.exampleAudio(model, example) : (recent?.file ?? null);
    if (!file) return { name: label, clip: String(clip), file: null, encoded: null };
    const encoded = await api.encode(file, example ? `${example}.flac` : label, model);
    return { name: label, clip: encoded.clip, file, encoded };
  }

  createLiveQuery(store, {
    name: 'second',
    keys: ['model', 'examples', 'recentFiles', 'compare', 'panel'],
    request: secondRequest,
    ask: open,
    show: (second) => store.set({ second }),
  });
  createLiveQuery(store, {
    name: 'interpolation',
    keys: ['model', 'module', 'modelInfo', 'recording', 'decoded', 'view', 'second', 'compare', 'panel'],
    request: interpolationRequest,
    ask: api.interpolate,
    show: (answer, request) => store.set({ interpolation: answer && request && { ...answer, request } }),
    others: ({ second }) => ({ to: second }),
  });
  return createLiveQuery(store, {
    name: 'blend',
    keys: ['model', 'module', 'modelInfo', 'recording', 'second', 'compare', 'panel'],
    request: blendRequest,
    ask: api.decode,
    show: (sound) => store.set({ otherSounds: { ...store.state.otherSounds, blend: sound ?? undefined } }),
    others: ({ second }) => ({ 'toward.clip': second }),
    live: true,
  });
}

/** @typedef {ReturnType<typeof createInterpolation>} Interpolation */
