/** Client of the HTTP API: paths, requests and parsed responses. */
import { decodeBase64, decodeFloats, parseNpy, parseSpectrogram } from '../core/arrays.js';
import { call, post, segment } from './http.js';
import { throwProblem } from './problem.js';
import { createSocketClient } from './websocket.js';

export { Problem, Unreachable } from './problem.js';

/** @typedef {import('../core/arrays.js').Spectrogram} Spectrogram */
/** @typedef {{model: string, digest: string, sample_rate: number, modules: number}} ModelSummary */
/** @typedef {{factor: string, bits: number, low: number, high: number}} Label */
/**
 * @typedef {{low: number, high: number, shares: number[]}} Histogram of the training data, equal bins from low to high
 */
/**
 * @typedef {{dim: number, kl: number | null, active: boolean | null, sensitivity: number | null, labels: Label[],
 * mean?: number | null, std?: number | null, histogram?: Histogram | null}} Dimension
 */
/**
 * @typedef {{measure: string, unit: string, change: number, low: number, high: number, spread: number, n: number}}
 * Effect of +1 on a measure of the decoded sound, with its 95 % interval and spread over `n` clips
 */
/**
 * @typedef {{clip: string, example: boolean, way: "up" | "down", value: number, at: number, start: number, end: number,
 * phone: string | null}} TopActivation a segment with an extreme value of a dimension
 */
/**
 * @typedef {Dimension & {model: string, module: number, factors: string[], effects: Effect[], evidence:
 * TopActivation[]}} DimensionDetail `factors`: all that were measured
 */
/**
 * @typedef {{module: number, dims: number, hop_seconds: number, frame_rate: number, first_frame_seconds: number,
 * receptive_field_seconds: number, dimensions: Dimension[]}} Module
 */
/** @typedef {{model: string, digest: string, sample_rate: number, modules: Module[]}} Model */
/** @typedef {{id: string, label: string, duration: number, speaker?: string | null}} Example */
/**
 * @typedef {{module: number, frames: number, dims: number, mean: number[], std: number[], kl: (number | null)[]}}
 * Summary posterior of a layer, averaged over the frames of the clip
 */
/**
 * @typedef {{model: string, clip: string, duration: number, peaks: Float32Array, spectrogram: Spectrogram, modules:
 * Summary[]}} Encoded `peaks` is [2, n]: minimum and maximum of n equal segments
 */
/** @typedef {import('../core/edits.js').WireEdit} WireEdit */
/**
 * @typedef {{model: string, module: number, clip?: string, seconds?: number, base: string, seed: number, edits:
 * WireEdit[], toward?: {clip: string, share: number, top_k?: number}}} DecodeRequest
 */
/** @typedef {{start: number, end: number}} TimeWindow */
/**
 * @typedef {DecodeRequest & {dim: number, values: number[], across?: {dim: number, values: number[]}, start?: number,
 * end?: number, window?: TimeWindow}} TraverseRequest
 */
/**
 * @typedef {{rows: number, columns: number, start: number, spectrograms: Spectrogram[]}} Traversal row by row; `start`
 * is the time of the first frame in seconds
 */
/**
 * @typedef {{model: string, module: number, from: string, to: string, top_k?: number, steps: number, window?:
 * TimeWindow}} InterpolateRequest
 */
/**
 * @typedef {{contribution: number[], spectrograms: Spectrogram[]}} Interpolation between two clips; `contribution` is
 * the share of each dimension in their distance and sums to 1
 */
/**
 * @typedef {{share: number, at: number, side: 'near' | 'far', frames: number}} LeastTypical frame of `frames`; `share`
 * of training frames are as extreme on either side; `at` in seconds
 */
/**
 * @typedef {{rms: number | null, beyond: number | null, typical: number | null, least: LeastTypical | null}}
 * PriorDistance `typical` and `least` are null if the model has no reference frames
 */
/**
 * @typedef {{duration: number, audio: Promise<ArrayBuffer>, spectrogram: Spectrogram, prior: PriorDistance | null,
 * limited: boolean}} Decoded `audio` is a WAV file, which may arrive later
 */
/**
 * @typedef {{clip: string, model: string, module: number, dims: number, frames: number, mean: Float32Array, logvar:
 * Float32Array}} Latents [dims, frames] row-major; `logvar` is minus infinity for a deterministic encoder
 */

/** @returns {Promise<ModelSummary[]>} the default first */
export async function models() {
  return (await (await call('models')).json()).models;
}

/**
 * @param {string} name
 * @returns {Promise<Model>}
 */
export async function model(name) {
  return (await call(`models/${segment(name)}`)).json();
}

/**
 * @param {string} name of the model
 * @returns {Promise<string[]>} names of the figures in its report
 */
export async function figures(name) {
  return (await (await call(`models/${segment(name)}/figures`)).json()).figures;
}

/**
 * @param {string} name of the model
 * @param {string} figure
 * @returns {Promise<import('../drawing/chart-loader.js').Figure>}
 */
export async function figure(name, figure) {
  return (await call(`models/${segment(name)}/figures/${segment(figure)}`)).json();
}

/**
 * @param {{model: string, module: number, unit: import('../core/choice.js').Unit}} which
 * @returns {Promise<import('../features/map/model.js').Points>}
 */
export async function points({ model, module, unit }) {
  const { latents } = await (await call(`models/${segment(model)}/modules/${module}/points/${unit}`)).json();
  const [points, dims] = latents.shape;
  return { model, module, unit, points, dims, values: decodeFloats(latents) };
}

/**
 * @param {string} name of the model
 * @param {number} module
 * @param {number} dim
 * @returns {Promise<DimensionDetail>}
 */
export async function dimension(name, module, dim) {
  return (await call(`models/${segment(name)}/modules/${module}/dimensions/${dim}`)).json();
}

/**
 * @param {string} name of the model
 * @returns {Promise<Example[]>}
 */
export async function examples(name) {
  return (await (await call(`models/${segment(name)}/examples`)).json()).examples;
}

/**
 * @param {string} name of the model
 * @param {string} id
 * @returns {Promise<Blob>}
 */
export async function exampleAudio(name, id) {
  return (await call(`models/${segment(name)}/examples/${segment(id)}`)).blob();
}

/**
 * @param {Blob} file
 * @param {string} fileName
 * @param {string} name of the model
 * @returns {Promise<Encoded>}
 */
export async function encode(file, fileName, name) {
  const form = new FormData();
  form.set('file', file, fileName);
  form.set('model', name);
  return encodedFrom(await call('encode', { method: 'POST', body: form }));
}

/**
 * @param {string} clip
 * @param {string} name of the model
 * @returns {Promise<Encoded>}
 */
export async function clip(clip, name) {
  return encodedFrom(await call(`clips/${segment(clip)}?${new URLSearchParams({ model: name })}`));
}

/**
 * @param {string} clip
 * @returns {Promise<Blob>} WAV
 */
export async function clipAudio(clip) {
  return (await call(`clips/${segment(clip)}/audio`)).blob();
}

/**
 * @param {Response} response
 * @returns {Promise<Encoded>}
 */
async function encodedFrom(response) {
  const body = await response.json();
  return {
    model: body.model,
    clip: body.clip,
    duration: body.duration,
    peaks: decodeFloats(body.waveform_peaks),
    spectrogram: parseSpectrogram(body.spectrogram),
    modules: body.modules,
  };
}

const socket = createSocketClient('decode');

/**
 * @param {DecodeRequest} request
 * @param {AbortSignal} [signal]
 * @returns {Promise<Decoded>}
 */
export async function decode(request, signal) {
  const answer = signal ? null : await socket.request(JSON.stringify(request)); // a message cannot be cancelled
  if (!answer) {
    const body = await post('decode', request, signal);
    socket.open();
    return decodedFrom(body, Promise.resolve(audioFrom(body)));
  }
  if (answer.status !== 200) throwProblem(answer.status, answer.body, answer.headers['retry-after']);
  return decodedFrom(
    answer.body,
    answer.sound.catch(async () => audioFrom(await post('decode', request))),
  );
}

/** @param {any} body */
const audioFrom = (body) => decodeBase64(body.audio).buffer;

/**
 * @param {any} body
 * @param {Promise<ArrayBuffer>} audio
 * @returns {Decoded}
 */
function decodedFrom(body, audio) {
  audio.catch(() => {}); // handled by those who play it
  return {
    duration: body.samples / body.sample_rate,
    audio,
    spectrogram: parseSpectrogram(body.spectrogram),
    prior: body.prior_distance ?? null,
    limited: body.limited === true,
  };
}

/**
 * @param {TraverseRequest} request
 * @param {AbortSignal} [signal]
 * @returns {Promise<Traversal>}
 */
export async function traverse(request, signal) {
  const { rows, columns, start = 0, spectrograms } = await post('traverse', request, signal);
  return { rows, columns, start, spectrograms: spectrograms.map(parseSpectrogram) };
}

/**
 * @param {InterpolateRequest} request
 * @param {AbortSignal} [signal]
 * @returns {Promise<Interpolation>}
 */
export async function interpolate(request, signal) {
  const { contribution, spectrograms } = await post('interpolate', request, signal);
  return { contribution, spectrograms: spectrograms.map(parseSpectrogram) };
}

/**
 * @param {{clip: string, model: string, module: number}} request
 * @returns {Promise<Latents>}
 */
export async function latents({ clip, model, module }) {
  const query = new URLSearchParams({ model, module: String(module) });
  const response = await call(`clips/${segment(clip)}/latents?${query}`);
  const { shape, values } = parseNpy(await response.arrayBuffer());
  const [, dims, frames] = shape;
  return {
    clip,
    model,
    module,
    dims,
    frames,
    mean: values.subarray(0, dims * frames),
    logvar: values.subarray(dims * frames),
  };
}
