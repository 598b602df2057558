/** Draws the lanes of the timeline when their contents change, within the view. */
import { fixed } from '../../core/format.js';
import { displayedSound, durationOf, soundCaption } from '../../core/state.js';
import { lengthOf, visibleWindow } from '../../core/zoom.js';
import { frequencyTicks, timeTicks } from '../../drawing/axes.js';
import { colourMap, signedColourMap } from '../../drawing/colours.js';
import { byId, make } from '../../drawing/dom.js';
import { isSigned } from '../../drawing/heatmap.js';
import { drawRaster } from '../../drawing/raster.js';
import { DIFFERENCE_RANGE, rasterOf } from '../../drawing/spectrogram.js';
import { drawScale } from '../../drawing/waveform.js';
import { areLatentsShown } from './pictures.js';
import { createWaveform } from './waveform-lane.js';

/** @typedef {import('../../drawing/raster.js').Range} Range */
/** @typedef {import('../../core/arrays.js').Spectrogram} Spectrogram */

const PIXELS_PER_TIME_TICK = 64;
const PIXELS_PER_FREQUENCY_TICK = 22;

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('./pictures.js').Pictures} pictures
 * @param {import('../../audio/source-audio.js').SourceAudio} sourceAudio
 */
export function showLanes(store, pictures, sourceAudio) {
  const lanes = byId('lanes');
  const canvas = (/** @type {string} */ id) => /** @type {HTMLCanvasElement} */ (byId(id));
  const axis = byId('times');
  /** Width of the axis, in pixels. Measured on resize: reading it at every drawing would force a layout. */
  let width = 0;
  const darkness = matchMedia('(prefers-color-scheme: dark)');
  const waveform = createWaveform(canvas('waveform'), store, sourceAudio);
  let colours = { levels: colourMap(darkness.matches), signed: signedColourMap(darkness.matches) };

  /**
   * @param {string} id of the canvas
   * @param {import('../../drawing/raster.js').Raster | null} raster
   * @param {Range | null} range
   * @param {Uint32Array} map
   */
  function draw(id, raster, range, map) {
    const shown = raster && range && durationOf(store.state);
    canvas(id).hidden = !shown;
    if (shown) drawRaster(canvas(id), raster, range, map, visibleWindow(store.state));
  }

  /**
   * @param {string} id
   * @param {Spectrogram | null} spectrogram
   */
  const drawLevels = (id, spectrogram) =>
    draw(id, spectrogram && rasterOf(spectrogram), pictures.range, colours.levels);

  function drawOriginal() {
    waveform.draw();
    drawLevels('original', pictures.original());
  }

  function drawDecoded() {
    drawLevels('decoded', pictures.decoded());
    if (!store.state.preferences.difference) return;
    const difference = pictures.difference();
    draw('difference', difference && rasterOf(difference), DIFFERENCE_RANGE, colours.signed);
  }

  function drawLatents() {
    if (!areLatentsShown(store.state)) return;
    const { preferences, module, recording, decoded } = store.state;
    const shown = pictures.latents();
    const map = isSigned(preferences.statistic) ? colours.signed : colours.levels;
    draw('latents', shown?.heat ?? null, shown?.range ?? null, map);
    byId('latents-caption').textContent = module === null ? 'Latents' : `Latents of layer ${module}`;
    byId('latents-empty').hidden = Boolean(recording) || !decoded;
    byId('latents-empty').textContent = 'A random sample has no posterior.';
    drawScale(canvas('latents-scale'), map);
    byId('latents-low').textContent = shown ? fixed(shown.range.low, 0) : '';
    byId('latents-high').textContent = shown ? fixed(shown.range.high, 0) : '';
  }

  function drawTimes() {
    const view = visibleWindow(store.state);
    if (!lengthOf(view)) return;
    const times = timeTicks(lengthOf(view), width / PIXELS_PER_TIME_TICK, view.start);
    axis.replaceChildren(...times.map(({ at, label }, index) => tick(at, 'left', index ? label : `${label} s`)));
  }

  function drawScales() {
    const [shown, range] = [pictures.original() ?? pictures.decoded(), pictures.range];
    if (!shown || !range) return;
    for (const scale of /** @type {NodeListOf<HTMLElement>} */ (lanes.querySelectorAll('.frequencies:not([id])'))) {
      const ticks = frequencyTicks(shown.hz, PIXELS_PER_FREQUENCY_TICK / Math.max(1, scale.clientHeight));
      scale.replaceChildren(...ticks.map(({ at, label }) => tick(at, 'bottom', label)));
    }
    drawScale(canvas('legend'), colours.levels);
    byId('legend-low').textContent = fixed(range.low, 0);
    byId('legend-high').textContent = `${fixed(range.high, 0)} dB`;
    drawScale(canvas('difference-scale'), colours.signed);
    byId('difference-low').textContent = fixed(DIFFERENCE_RANGE.low, 0);
    byId('difference-high').textContent = `+${DIFFERENCE_RANGE.high} dB`;
  }

  function drawAll() {
    drawOriginal();
    drawDecoded();
    drawLatents();
    drawTimes();
    drawScales();
  }

  store.on(['recording'], () => {
    const { recording, decoded } = store.state;
    byId('original-empty').hidden = Boolean(recording) || !decoded;
    byId('original-empty').textContent = 'No recording: a random sample is decoded.';
    drawAll();
  });
  /** @type {Range | null} */
  let shownRange = null;
  store.on(['decoded'], () => {
    if (pictures.range === shownRange) return drawDecoded();
    shownRange = pictures.range;
    drawAll();
  });
  store.on(['playing'], () => {
    const { side } = displayedSound(store.state);
    if (lanes.dataset.lower === String(side)) return;
    lanes.dataset.lower = String(side);
    byId('decoded-caption').textContent = soundCaption(side);
    canvas('decoded').ariaLabel =
      side === 'decoded' ? 'Spectrogram of the decoded sound' : `Spectrogram of ${soundCaption(side)}`;
    drawDecoded();
  });
  store.on(['module', 'decoded', 'playing'], () => {
    const { module, decoded: now } = store.state;
    const { side } = displayedSound(store.state);
    lanes.dataset.stale = String(Boolean(now && now.request.module !== module && side === 'decoded'));
  });
  store.on(['latents', 'module', 'modelInfo', 'preferences'], drawLatents);
  let waiting = 0;
  store.on(['view'], () => {
    cancelAnimationFrame(waiting); // wheel events come faster than frames
    waiting = requestAnimationFrame(() => {
      drawOriginal();
      drawDecoded();
      drawLatents();
      drawTimes();
    });
  });
  darkness.addEventListener('change', () => {
    colours = { levels: colourMap(darkness.matches), signed: signedColourMap(darkness.matches) };
    drawAll();
  });
  new ResizeObserver(() => {
    width = axis.clientWidth;
    drawTimes();
    drawScales();
  }).observe(lanes);

  return { drawAll };
}

/**
 * @param {number} at from 0 to 1
 * @param {"left" | "bottom"} side edge that `at` is measured from
 * @param {string} label
 */
function tick(at, side, label) {
  const element = make('span', { className: at > 0.97 ? 'last' : at < 0.02 ? 'first' : '' }, label);
  element.style[side] = `${at * 100}%`;
  return element;
}
