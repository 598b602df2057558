/** Typicality of the decoded latents: indicator and RMS. */
import { fixed } from '../../core/format.js';
import { displayedSound } from '../../core/state.js';
import { afterFrame, byId, make, update } from '../../drawing/dom.js';
import { typicalityOf } from './model.js';

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
    const found = typicalityOf(sound?.prior ?? null);
    const now = sound?.prior?.rms ?? null;
    update(light, { hidden: !found, title: found?.title ?? '' });
    update(words, { textContent: found?.words ?? '' });
    light.dataset.state = found?.state ?? '';
    update(rms, { hidden: now === null, textContent: now === null ? '' : `Latent RMS ${fixed(now, 2)} (prior: 1)` });
    update(limited, { hidden: !sound?.limited });
  }
}
