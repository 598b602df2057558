/** How far out the decoded latents lie: a light, a word and two numbers. */
import { fixed } from '../../core/format.js';
import { displayedSound } from '../../core/state.js';
import { afterFrame, make, byId, update } from '../../drawing/dom.js';

/** Shares of the corpus frames that lie farther out, at which the light turns. */
const EDGE = 0.05;
const OUTSIDE = 0.001;

const WORDS = {
  within: 'within the corpus',
  edge: 'at the edge of the corpus',
  outside: 'outside the corpus',
};
const MEANINGS = {
  within: 'The decoder knows such latents well.',
  edge: 'The decoder met few such latents: it may still follow.',
  outside: 'The decoder hardly ever met such latents: what it makes of them says little.',
};

/** @param {number} beyond share of corpus frames @returns {keyof typeof WORDS} */
const stateOf = (beyond) => (beyond < OUTSIDE ? 'outside' : beyond < EDGE ? 'edge' : 'within');

/** @param {number} share */
const percent = (share) => `${share > 0 && share < 0.01 ? fixed(share * 100, 1) : Math.round(share * 100)} %`;

/** @param {import('../../core/state.js').Store} store */
export function showTypicality(store) {
  const words = make('span');
  const light = make('span', { className: 'light' }, make('i', { ariaHidden: 'true' }), words);
  const rms = make('span', { title: 'Root mean square of the latents; of a draw from N(0, I) it is 1' });
  const limited = make(
    'span',
    { title: 'The sound was louder than a file can hold, and was turned down as a whole' },
    'turned down to fit',
  );
  byId('typicality').append(light, rms, limited);

  store.on(['decoded', 'playing'], afterFrame(show)); // the picture first
  show();
  function show() {
    const sound = displayedSound(store.state).sound;
    const { rms: now = null, beyond = null } = sound?.prior ?? {};
    const far = beyond === null ? null : { state: stateOf(beyond), share: percent(beyond) };
    update(light, {
      hidden: !far,
      title: far
        ? `${far.share} of the frames of the training speech lie farther from zero than these latents. ${MEANINGS[far.state]}`
        : '',
    });
    update(words, { textContent: far ? `${WORDS[far.state]}: ${far.share} of it lies farther out` : '' });
    light.dataset.state = far?.state ?? '';
    update(rms, { hidden: now === null, textContent: now === null ? '' : `rms ${fixed(now, 2)} of 1` });
    update(limited, { hidden: !sound?.limited });
  }
}
