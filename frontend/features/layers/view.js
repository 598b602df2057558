/** Plays the decoding of each layer without edits at the same position, one by one or all in sequence. */
import { soundCaption } from '../../core/state.js';
import { byId, make } from '../../drawing/dom.js';

/** @typedef {import('../../core/state.js').SoundName} SoundName */

/** Pause between two sounds of the sequence. */
const PAUSE_SECONDS = 0.35;

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('../../audio/player.js').Player} player
 * @param {import('./model.js').Layers} layers
 * @param {import('../transport/view.js').Transport} transport
 */
export function showLayers(store, player, layers, { soundOf, play, toggle }) {
  const group = byId('layers');
  const sequenceButton = /** @type {HTMLButtonElement} */ (byId('play-sequence'));
  /** @type {Map<number, HTMLButtonElement>} one per layer */
  let buttons = new Map();
  let inSequence = false;

  /** Layers that have a decoder, as far as is known. */
  const audible = () => [...buttons.keys()].filter((module) => store.state.layers[module] !== null);

  async function fetchAll() {
    group.ariaBusy = 'true';
    await Promise.all(audible().map(layers.fetch));
    group.ariaBusy = 'false';
  }

  /** Plays the original and every layer once from the playback position, until another sound is requested. */
  async function playSequence() {
    /** @type {SoundName[]} */
    const sides = [...(store.state.recording?.encoded ? /** @type {const} */ (['original']) : []), ...audible()];
    inSequence = true;
    sequenceButton.setAttribute('aria-pressed', 'true');
    prepareSounds(sides);
    for (const side of sides) if (!(await play(side, player.cursor, { delay: PAUSE_SECONDS, once: true }))) break;
    inSequence = false;
    sequenceButton.setAttribute('aria-pressed', 'false');
    byId('announcement').textContent = '';
  }

  /**
   * Fetches and decodes all sounds ahead, so that they follow without a gap.
   * @param {SoundName[]} sides
   */
  async function prepareSounds(sides) {
    fetchAll();
    for (const side of sides) {
      const sound = await Promise.resolve(soundOf(side)).catch(() => null);
      if (sound) player.prepare(sound).catch(() => {}); // reported when it is played
    }
  }

  sequenceButton.addEventListener('click', () => {
    if (inSequence) player.stop();
    else playSequence();
  });

  store.on(['modelInfo'], () => {
    buttons = new Map((store.state.modelInfo?.modules ?? []).map(({ module }) => [module, buttonOf(module)]));
    byId('layer-buttons').replaceChildren(...buttons.values());
    show();
  });

  /** @param {number} module */
  function buttonOf(module) {
    const button = make(
      'button',
      { type: 'button', className: 'layer-button', ariaLabel: soundCaption(module) },
      String(module),
    );
    button.dataset.module = String(module);
    button.addEventListener('click', () => {
      toggle(module);
      fetchAll();
    });
    return button;
  }

  store.on(['recording', 'layers', 'playing'], show);
  function show() {
    const { recording, layers: known, playing } = store.state;
    for (const [module, button] of buttons) {
      button.setAttribute('aria-pressed', String(playing === module));
      button.disabled = !recording || known[module] === null;
      button.title = known[module] === null ? `This model has no decoder for layer ${module}` : soundCaption(module);
    }
    sequenceButton.disabled = !recording;
  }

  store.on(['playing'], () => {
    const { playing } = store.state;
    if (inSequence && playing !== null) byId('announcement').textContent = soundCaption(playing);
  });
  store.on(['layers'], () => {
    const { playing, layers: known } = store.state;
    if (typeof playing === 'number' && !known[playing]) player.stop(); // the sample it was decoded from has changed
  });
}
