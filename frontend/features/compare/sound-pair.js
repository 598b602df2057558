/** Two sounds on one time axis, played at the same position, and the difference of their spectrograms. */
import { decibels, fixed } from '../../core/format.js';
import { make } from '../../drawing/dom.js';
import { createPalette, sharedRange } from '../../drawing/palette.js';
import { DIFFERENCE_RANGE, differenceOf } from '../../drawing/spectrogram.js';
import { drawScale } from '../../drawing/waveform.js';

/** @typedef {import('../../server/api.js').Decoded} Decoded */
/** @typedef {import('../../core/state.js').SoundName} SoundName */
/**
 * @typedef {{name: string, about: string, sound: Decoded | null, clip: string | undefined}} Half `clip` is the clip it
 * was decoded from
 */

/**
 * @param {HTMLElement} host container
 * @param {import('../../core/state.js').Store} store
 * @param {import('../transport/view.js').Transport} transport
 * @param {{first: SoundName, second: SoundName}} sides
 * @returns {{show: (first: Half, second: Half) => void}}
 */
export function createPair(host, store, { toggle }, sides) {
  const palette = createPalette(draw);
  const lanes = { first: createLane(() => toggle(sides.first)), second: createLane(() => toggle(sides.second)) };
  const canvas = make('canvas', { role: 'img' });
  const key = make('canvas', { className: 'pair-scale', ariaHidden: 'true' });
  const words = make('p', { className: 'pair-words' });
  const legend = make(
    'p',
    { className: 'pair-legend', ariaHidden: 'true' },
    fixed(DIFFERENCE_RANGE.low, 0),
    key,
    `+${DIFFERENCE_RANGE.high} dB`,
  );
  const plot = make('div', { className: 'pair-plot' }, canvas, legend);
  host.className = 'pair';
  host.append(lanes.first.element, lanes.second.element, make('div', { className: 'pair-lane' }, words, plot));
  /** @type {{first: Half, second: Half} | null} */
  let shown = null;

  function draw() {
    const [a, b] = [shown?.first.sound?.spectrogram, shown?.second.sound?.spectrogram];
    const duration = Math.max(shown?.first.sound?.duration ?? 0, shown?.second.sound?.duration ?? 0);
    const range =
      a || b ? sharedRange(store.state, /** @type {import('../../core/arrays.js').Spectrogram} */ (a ?? b)) : null;
    for (const [lane, picture] of /** @type {const} */ ([
      [lanes.first, a],
      [lanes.second, b],
    ])) {
      lane.canvas.hidden = !picture;
      if (picture && range) palette.draw(lane.canvas, picture, range, duration);
    }
    const comparable =
      a && b && range && shown?.first.clip === shown?.second.clip && a.hz.join() === b.hz.join() && a.hop === b.hop;
    const difference = comparable ? differenceOf(a, b, range.low) : null;
    plot.hidden = !difference;
    if (difference) {
      palette.drawDifference(canvas, difference, duration);
      drawScale(key, palette.signed);
    }
    words.textContent =
      difference && shown
        ? differenceWords(difference.values, shown)
        : a && b
          ? 'Different recordings or sample rates: no difference.'
          : '';
    canvas.ariaLabel = words.textContent;
  }

  store.on(['playing'], () => {
    const { playing } = store.state;
    for (const half of /** @type {const} */ (['first', 'second']))
      lanes[half].button.setAttribute('aria-pressed', String(playing === sides[half]));
  });

  return {
    show(first, second) {
      shown = { first, second };
      for (const half of /** @type {const} */ (['first', 'second'])) lanes[half].show(shown[half]);
      draw();
    },
  };
}

/** @param {() => void} play */
function createLane(play) {
  const name = make('span');
  const button = make('button', { type: 'button', className: 'play' }, name);
  button.dataset.side = 'decoded';
  button.setAttribute('aria-pressed', 'false');
  button.addEventListener('click', play);
  const about = make('p', { className: 'pair-about' });
  const canvas = make('canvas', { role: 'img' });
  return {
    element: make('div', { className: 'pair-lane' }, button, about, make('div', { className: 'pair-plot' }, canvas)),
    button,
    canvas,
    /** @param {Half} half */
    show(half) {
      name.textContent = half.name;
      about.textContent = half.about;
      button.disabled = !half.sound;
      canvas.ariaLabel = `Spectrogram of ${half.name}: ${half.about}`;
    },
  };
}

/**
 * @param {Float32Array} values in dB
 * @param {{first: Half, second: Half}} names
 */
function differenceWords(values, { first, second }) {
  const rms = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
  return `${second.name} minus ${first.name}: RMS difference ${decibels(rms)}`;
}
