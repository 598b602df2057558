/** What each layer keeps: the original and every module's unedited decoding, at one cursor: each at a click, or all of them in turn. */
import { captionOfSide } from '../../core/state.js';
import { make, byId } from '../../drawing/dom.js';

/** @typedef {import('../../core/state.js').Side} Side */

/** Sets the versions apart, and leaves time to see which one comes. */
const BREATH_SECONDS = 0.35;

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('../../audio/player.js').Player} player
 * @param {import('./model.js').Layers} layers
 * @param {import('../transport/view.js').Transport} transport
 */
export function showLayers(store, player, layers, { soundOf, play, toggle }) {
  const group = byId('layers');
  const inTurn = /** @type {HTMLButtonElement} */ (byId('play-sequence'));
  /** @type {Map<number, HTMLButtonElement>} one a module */
  let buttons = new Map();
  let turning = false;

  /** The modules that can be playing, as far as is known. */
  const audible = () => [...buttons.keys()].filter((module) => store.state.layers[module] !== null);

  async function fetchAll() {
    group.ariaBusy = 'true';
    await Promise.all(audible().map(layers.fetch));
    group.ariaBusy = 'false';
  }

  /** Plays every version once from the cursor, until something else is asked for. */
  async function takeTurns() {
    /** @type {Side[]} */
    const sides = [...(store.state.recording?.encoded ? /** @type {const} */ (['original']) : []), ...audible()];
    turning = true;
    inTurn.setAttribute('aria-pressed', 'true');
    makeReady(sides);
    for (const side of sides) if (!(await play(side, player.cursor, { breath: BREATH_SECONDS, once: true }))) break;
    turning = false;
    inTurn.setAttribute('aria-pressed', 'false');
    byId('announcement').textContent = '';
  }

  /**
   * Has every version fetched and decoded before its turn comes, so that one follows the other without a gap.
   * @param {Side[]} sides
   */
  async function makeReady(sides) {
    fetchAll();
    for (const side of sides) {
      const sound = await Promise.resolve(soundOf(side)).catch(() => null);
      if (sound) player.prepare(sound).catch(() => {}); // told when its turn comes
    }
  }

  inTurn.addEventListener('click', () => {
    if (turning) player.stop();
    else takeTurns();
  });

  store.on(['card'], () => {
    buttons = new Map((store.state.card?.modules ?? []).map(({ module }) => [module, buttonOf(module)]));
    byId('layer-buttons').replaceChildren(...buttons.values());
    show();
  });

  /** @param {number} module */
  function buttonOf(module) {
    const button = make(
      'button',
      { type: 'button', className: 'layer-button', ariaLabel: captionOfSide(module) },
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
      button.title = known[module] === null ? `This model has no decoder for module ${module}` : captionOfSide(module);
    }
    inTurn.disabled = !recording;
  }

  store.on(['playing'], () => {
    const { playing } = store.state;
    if (turning && playing !== null) byId('announcement').textContent = captionOfSide(playing);
  });
  store.on(['layers'], () => {
    const { playing, layers: known } = store.state;
    if (typeof playing === 'number' && !known[playing]) player.stop(); // the draw it was decoded from is no longer the chosen one
  });
}
