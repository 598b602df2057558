/** The card below a slider: report of the dimension, traversal, and the actions sweep, mute and lock. */
import { fixed } from '../../core/format.js';
import { make } from '../../drawing/dom.js';
import { densityOf } from './density.js';
import { ensembleMatchesOf } from './ensemble-matches.js';
import { factorsOf } from './factors.js';
import { effectsOf } from './intervention-effects.js';
import { createTopActivations } from './top-activations.js';
import { createStrip } from './traversal-strip.js';

/** @typedef {import('../sliders/slider.js').SliderState & {sweeping: boolean}} CardState */
/**
 * @typedef {object} CardHost
 * @property {import('../../core/state.js').Store} store
 * @property {import('../../drawing/palette.js').Palette} palette
 * @property {import('./dimension-details.js').DimensionDetails} details
 * @property {import('../../audio/clip-player.js').ClipPlayer} clipPlayer
 * @property {import('../ensemble/ensemble-membership.js').EnsembleMembership} membership
 */

/**
 * @param {import('../../server/api.js').Dimension} facts
 * @param {CardHost} host
 * @param {{mute: () => void, lock: () => void, sweep: () => void, use: (value: number) => void}} actions
 */
export function createCard(facts, { store, palette, details, clipPlayer, membership }, actions) {
  const { dim } = facts;
  const buttons = {
    sweep: make('button', { type: 'button', title: 'S' }, 'Sweep'),
    mute: make('button', { type: 'button', title: 'M' }, 'Mute'),
    lock: make('button', { type: 'button', title: 'L' }, 'Lock'),
  };
  const own = make('span');
  const about = make('p', { className: 'about' }, ...summaryTexts(facts).map((text) => make('span', {}, text)), own);
  const body = make('div', { className: 'card-body', ariaBusy: 'true' });
  const strip = createStrip(dim, store, palette, actions.use);
  /** @type {ReturnType<typeof createTopActivations> | null} */
  let evidence = null;
  for (const [action, button] of Object.entries(buttons)) {
    button.ariaLabel = `Dimension ${dim}, ${action}`;
    button.addEventListener('click', actions[/** @type {keyof typeof buttons} */ (action)]);
  }

  async function fill() {
    const known = await details.facts(dim);
    if (!known) return;
    evidence = createTopActivations(known, store.state.examples, clipPlayer.toggle);
    body.replaceChildren(
      factorsOf(known),
      densityOf(known),
      strip.element,
      effectsOf(known),
      evidence.element,
      ensembleMatchesOf(dim, membership),
    );
    body.ariaBusy = 'false';
    await picture();
  }

  /** Loads the traversal of the open recording. */
  async function picture() {
    strip.element.ariaBusy = 'true';
    strip.show(await details.strip(dim));
    strip.element.ariaBusy = 'false';
  }

  fill();
  return {
    element: make(
      'div',
      { className: 'card' },
      make('div', { className: 'card-actions' }, ...Object.values(buttons)),
      about,
      body,
    ),
    picture,
    redraw: strip.draw,
    /** @param {CardState} state */
    show({ muted, locked, sweeping, mean, std }) {
      buttons.mute.setAttribute('aria-pressed', String(muted));
      buttons.lock.setAttribute('aria-pressed', String(locked));
      buttons.sweep.setAttribute('aria-pressed', String(sweeping));
      buttons.sweep.disabled = locked;
      own.textContent = mean === null || std === null ? '' : `in this recording ${fixed(mean, 2)} ± ${fixed(std, 2)}`;
      evidence?.show(store.state.segment);
    },
  };
}

/**
 * @param {import('../../server/api.js').Dimension} facts
 * @returns {string[]} information and effect from the report
 */
function summaryTexts({ kl, sensitivity }) {
  const texts = [];
  if (kl !== null) texts.push(`${fixed(kl / Math.LN2, 2)} bits per frame`);
  if (sensitivity !== null) texts.push(`${fixed(sensitivity, 1)} dB per unit`);
  return texts;
}
