/** The HTTP contract, as the page uses it: the one module that knows the server's addresses and the shape of its answers. */
import { decodeBase64, decodeFloats, parseNpy, parseSpectrogram } from '../core/arrays.js';
import { call, post, segment } from './http.js';
import { throwProblem } from './problem.js';
import { createSocketClient } from './websocket.js';

export { Problem, Unreachable } from './problem.js';

/** @typedef {import('../core/arrays.js').Spectrogram} Spectrogram */
/** @typedef {{model: string, digest: string, sample_rate: number, modules: number}} ModelSummary */
/** @typedef {{factor: string, bits: number, low: number, high: number}} Label */
/** @typedef {{low: number, high: number, shares: number[]}} Histogram of the corpus over equal bins from low to high */
/** @typedef {{dim: number, kl: number | null, active: boolean | null, sensitivity: number | null, labels: Label[], mean?: number | null, std?: number | null, histogram?: Histogram | null}} Dimension */
/** @typedef {{measure: string, unit: string, change: number, low: number, high: number, spread: number, n: number}} Effect what +1 does to a property of the decoded sound, over `n` clips */
/** @typedef {{clip: string, example: boolean, way: "up" | "down", value: number, at: number, start: number, end: number, phone: string | null}} TopActivation a stretch that drives a dimension far */
/** @typedef {Dimension & {model: string, module: number, factors: string[], effects: Effect[], evidence: TopActivation[]}} DimensionDetail `factors` are those measured */
/** @typedef {{module: number, dims: number, hop_seconds: number, frame_rate: number, first_frame_seconds: number, receptive_field_seconds: number, dimensions: Dimension[]}} Module */
/** @typedef {{model: string, digest: string, sample_rate: number, modules: Module[]}} Model */
/** @typedef {{id: string, label: string, duration: number, speaker?: string | null}} Example */
/** @typedef {{module: number, frames: number, dims: number, mean: number[], std: number[], kl: (number | null)[]}} Summary of one module's posterior, averaged over the clip's frames */
/** @typedef {{model: string, clip: string, duration: number, peaks: Float32Array, spectrogram: Spectrogram, modules: Summary[]}} Encoded `peaks` is [2, n]: the lowest and the highest sample of each of n stretches */
/** @typedef {import('../core/edits.js').WireEdit} WireEdit */
/** @typedef {{model: string, module: number, clip?: string, seconds?: number, base: string, seed: number, edits: WireEdit[], toward?: {clip: string, share: number, top_k?: number}}} DecodeRequest */
/** @typedef {{start: number, end: number}} Window */
/** @typedef {DecodeRequest & {dim: number, values: number[], across?: {dim: number, values: number[]}, start?: number, end?: number, window?: Window}} TraverseRequest */
/** @typedef {{rows: number, columns: number, start: number, spectrograms: Spectrogram[]}} Traversal row by row; `start` is the time of their first frames, in seconds */
/** @typedef {{model: string, module: number, from: string, to: string, top_k?: number, steps: number, window?: Window}} InterpolateRequest */
/** @typedef {{contribution: number[], spectrograms: Spectrogram[]}} Way from one clip to another; `contribution` is each dimension's share of their distance, together 1 */
/** @typedef {{rms: number | null, beyond: number | null}} PriorDistance */
/** @typedef {{duration: number, audio: Promise<ArrayBuffer>, spectrogram: Spectrogram, prior: PriorDistance | null, limited: boolean}} Decoded `audio` is WAV and comes after the rest */
/** @typedef {{clip: string, model: string, module: number, dims: number, frames: number, mean: Float32Array, logvar: Float32Array}} Latents of one clip and module, each [dims, frames] row-major; `logvar` is minus infinity where the encoder is deterministic */

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
 * @returns {Promise<string[]>} the figures that its report has the numbers for
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
 * @param {string} clip that the server may still hold
 * @param {string} name of the model
 * @returns {Promise<Encoded>}
 */
export async function clip(clip, name) {
  return encodedFrom(await call(`clips/${segment(clip)}?${new URLSearchParams({ model: name })}`));
}

/**
 * @param {string} clip that the server may still hold
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

const live = createSocketClient('decode');

/**
 * @param {DecodeRequest} request
 * @param {AbortSignal} [signal]
 * @returns {Promise<Decoded>}
 */
export async function decode(request, signal) {
  const answer = signal ? null : await live.ask(JSON.stringify(request)); // a message cannot be called back
  if (!answer) {
    const body = await post('decode', request, signal);
    live.open();
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
  audio.catch(() => {}); // told to those who want to hear it
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
 * @returns {Promise<Way>}
 */
export async function interpolate(request, signal) {
  const { contribution, spectrograms } = await post('interpolate', request, signal);
  return { contribution, spectrograms: spectrograms.map(parseSpectrogram) };
}

/**
 * @param {{clip: string, model: string, module: number}} whose
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
