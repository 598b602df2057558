/** A store with a model of two layers and an open recording of one second. */
import { DEFAULT_CHOICE } from '../../../frontend/core/choice.js';
import { createStore } from '../../../frontend/core/state.js';

const layer = (module, dims, more = {}) => ({
  module,
  dims,
  hop_seconds: 0.01 * module,
  frame_rate: 100 / module,
  first_frame_seconds: 0.02,
  receptive_field_seconds: 0.1 * module,
  dimensions: Array.from({ length: dims }, (_, dim) => ({ dim, kl: dim, active: true, sensitivity: dim, labels: [] })),
  ...more,
});

export const MODEL = { model: 'demo', digest: 'abc', sample_rate: 16000, modules: [layer(1, 4), layer(2, 3)] };

export const RECORDING = {
  name: 'hello.wav',
  clip: 'c1',
  file: new Blob(['RIFF']),
  encoded: {
    model: 'demo',
    clip: 'c1',
    duration: 1,
    peaks: new Float32Array(2),
    spectrogram: { values: new Float32Array(2), bands: 1, frames: 2, hop: 0.01, hz: [100] },
    modules: [
      { module: 1, frames: 100, dims: 4, mean: [], std: [], kl: [1, 2, 3, 4] },
      { module: 2, frames: 50, dims: 3, mean: [], std: [], kl: [3, 2, 1] },
    ],
  },
};

/** @param {Partial<import('../../../frontend/core/state.js').State>} [patch] */
export function openStore(patch = {}) {
  const store = createStore(DEFAULT_CHOICE);
  store.set({
    model: 'demo',
    module: 1,
    modelInfo: MODEL,
    models: [MODEL],
    recording: RECORDING,
    clip: 'c1',
    ...patch,
  });
  return store;
}

/** Lets pending promises and timers without delay run. */
export const settle = () => new Promise((resolve) => setTimeout(resolve));
