/** Values at the cursor: time, frequency and levels, or a dimension and its value. */
import { decibels, fixed, hertz } from '../../core/format.js';
import { durationOf } from '../../core/state.js';
import { byId, make } from '../../drawing/dom.js';
import { readRaster } from '../../drawing/raster.js';
import { readSpectrogram } from '../../drawing/spectrogram.js';

/**
 * @typedef {{seconds: number, height: number | null, lane: string}} Reading `height` from 0 to 1 in the lane, null on
 * the waveform
 */

const STATISTICS = { mean: 'mean', sd: 'sd', kl: 'KL' };

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('./pictures.js').Pictures} pictures
 * @param {import('./marks.js').Marks} marks
 */
export function createReadout(store, pictures, marks) {
  /** @type {Reading | null} */
  let reading = null;

  /** @param {Reading} at @returns {Node[]} */
  function readoutOf({ seconds, height, lane }) {
    const time = make('span', {}, `${fixed(seconds, 3)} s`);
    if (height === null) return [time];
    return [time, ...(lane === 'latents' ? latentsReadout(seconds, height) : levelsReadout(seconds, height))];
  }

  /** @param {number} seconds @param {number} height */
  function levelsReadout(seconds, height) {
    const [before, after, difference] = [
      pictures.original(),
      pictures.decoded(),
      store.state.preferences.difference ? pictures.difference() : null,
    ].map((one) => one && readSpectrogram(one, seconds, height));
    const hz = (before ?? after)?.hz;
    const parts = hz === undefined ? [] : [make('span', {}, hertz(hz))];
    if (before) parts.push(make('span', { className: 'original' }, decibels(before.db)));
    if (after) parts.push(make('span', { className: 'decoded' }, decibels(after.db)));
    if (difference)
      parts.push(
        make('span', { className: 'difference' }, `${difference.db > 0 ? '+' : ''}${decibels(difference.db)}`),
      );
    return parts;
  }

  /** @param {number} seconds @param {number} height */
  function latentsReadout(seconds, height) {
    const shown = pictures.latents();
    if (!shown) return [];
    const { row, value } = readRaster(shown.heat, seconds, height);
    return [
      make('span', {}, `Dimension ${shown.heat.dims[row]}`),
      make('span', { className: 'decoded' }, `${STATISTICS[store.state.preferences.statistic]} ${fixed(value, 2)}`),
    ];
  }

  /** @param {Reading | null} at */
  function read(at) {
    reading = durationOf(store.state) ? at : null;
    marks.set('--mark', reading?.seconds ?? null);
    byId('readout').replaceChildren(...(reading ? readoutOf(reading) : []));
  }
  store.on(['recording'], () => read(null));
  store.on(['decoded', 'playing', 'latents', 'preferences'], () => reading && read(reading));

  return {
    read,
    get reading() {
      return reading;
    },
  };
}

/** @typedef {ReturnType<typeof createReadout>} Readout */
