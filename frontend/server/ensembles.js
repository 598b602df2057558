/** Client of the HTTP API's ensembles. */
import { call, segment } from './http.js';

/** @typedef {{value: number, low: number, high: number}} Measured with its 95 % interval */
/** @typedef {{ensemble: string, members: number, channels: number, hot_spots: number, data: string}} EnsembleSummary */
/**
 * @typedef {{member: string, preset: string, seed: number, digest: string, kl: number[], model: string | null}} Member
 * `model` is its name if its weights are on the server
 */
/**
 * @typedef {{member: number, module: number, dim: number, bits: number, monte_carlo: Measured}} Channel a dimension of
 * a member (by index)
 */
/**
 * @typedef {{channels: number[], nmi: number[], centre: number, models: number, modules: number[], bits: number,
 * mean_nmi: number, mean_vi: number, stability: Measured, stability_of_models: Measured, labels: {label: string, nmi:
 * Measured, mean_nmi: number, shared_bits: Measured}[]}} HotSpot `nmi`: of each channel with the centre
 */
/**
 * @typedef {object} Ensemble
 * @property {string} ensemble
 * @property {string} data
 * @property {number} moments
 * @property {number} recordings
 * @property {"nmi" | "vi"} distance
 * @property {number} min_samples
 * @property {number} dropped
 * @property {Member[]} members
 * @property {Channel[]} channels
 * @property {number[]} order
 * @property {{label: string, classes: number, bits: number}[]} labels
 * @property {HotSpot[]} hot_spots
 * @property {string[]} figures
 */
/** @typedef {Channel & {channel: number, nmi: number}} Nearest */

/** @returns {Promise<EnsembleSummary[]>} the shipped one first */
export async function ensembles() {
  return (await (await call('ensembles')).json()).ensembles;
}

/**
 * @param {string} name
 * @returns {Promise<Ensemble>}
 */
export async function ensemble(name) {
  return (await call(`ensembles/${segment(name)}`)).json();
}

/**
 * @param {string} name of the ensemble
 * @param {string} figure
 * @returns {Promise<import('../drawing/chart-loader.js').Figure>}
 */
export async function ensembleFigure(name, figure) {
  return (await call(`ensembles/${segment(name)}/figures/${segment(figure)}`)).json();
}

/**
 * @param {string} name of the ensemble
 * @param {{member: number, module: number, dim: number}} channel
 * @returns {Promise<Nearest[]>} the nearest channel of each other member, highest NMI first
 */
export async function nearest(name, { member, module, dim }) {
  const query = new URLSearchParams({ member: String(member), module: String(module), dim: String(dim) });
  return (await (await call(`ensembles/${segment(name)}/nearest?${query}`)).json()).nearest;
}
