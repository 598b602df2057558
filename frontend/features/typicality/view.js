/** Typicality of the decoded latents: indicator, percentile and RMS. */
import { fixed } from '../../core/format.js';
import { displayedSound } from '../../core/state.js';
import { afterFrame, byId, make, update } from '../../drawing/dom.js';

/** Shares of training frames farther from zero at which the indicator changes. */
const EDGE = 0.05;
const OUTSIDE = 0.001;

const WORDS = {
  within: 'Typical of training data',
  edge: 'At the edge of the training data',
  outside: 'Outside the training data',
};
const MEANINGS = {
  within: 'The decoder was trained on many such latents.',
  edge: 'The decoder was trained on few such latents; the sound may be unreliable.',
  outside: 'The decoder was trained on almost no such latents; the sound is unreliable.',
};

/** @param {number} beyond share of training frames @returns {keyof typeof WORDS} */
const stateOf = (beyond) => (beyond < OUTSIDE ? 'outside' : beyond < EDGE ? 'edge' : 'within');

/** @param {number} share */
const percent = (share) => `${share > 0 && share < 0.01 ? fixed(share * 100, 1) : Math.round(share * 100)} %`;

/** @param {number} share */
function percentile(share) {
  if (share > 0 && share < 0.01) return 'below the 1st percentile';
  const number = Math.round(share * 100);
  const suffix = ['th', 'st', 'nd', 'rd'][Math.floor(number / 10) % 10 === 1 ? 0 : number % 10] ?? 'th';
  return `${number}${suffix} percentile`;
}

/** @param {import('../../core/state.js').Store} store */
export function showTypicality(store) {
  const words = make('span');
  const light = make('span', { className: 'light' }, make('i', { ariaHidden: 'true' }), words);
  const rms = make('span', { title: 'Root mean square of the latents; 1 for a sample of the prior N(0, I)' });
  const limited = make(
    'span',
    { title: 'The decoded sound exceeded full scale, so its level was reduced as a whole' },
    'level reduced to avoid clipping',
  );
  byId('typicality').append(light, rms, limited);

  store.on(['decoded', 'playing'], afterFrame(show)); // after the spectrogram is drawn
  show();
  function show() {
    const sound = displayedSound(store.state).sound;
    const { rms: now = null, beyond = null } = sound?.prior ?? {};
    const state = beyond === null ? null : stateOf(beyond);
    update(light, {
      hidden: beyond === null,
      title:
        state && beyond !== null
          ? `${percent(beyond)} of the training frames lie farther from zero than these latents. ${MEANINGS[state]}`
          : '',
    });
    update(words, { textContent: state && beyond !== null ? `${WORDS[state]} (${percentile(beyond)})` : '' });
    light.dataset.state = state ?? '';
    update(rms, { hidden: now === null, textContent: now === null ? '' : `Latent RMS ${fixed(now, 2)} (prior: 1)` });
    update(limited, { hidden: !sound?.limited });
  }
}
