/** Hearing it: the original and the decoded sound, swapped in mid-play to compare them, round and round, equally loud, and the decoded one as a file. */
import { digestOf } from '../../core/digest.js';
import { prefer } from '../../core/preferences.js';
import { byId } from '../../drawing/dom.js';
import { downloadSound } from '../../server/download.js';

/** @typedef {import('../../core/state.js').Side} Side */
/** @typedef {import('../../audio/player.js').Sound} Sound */
/** @typedef {import('../../audio/player.js').How} How */

/** What goes round where no span is marked. */
const WHOLE = { start: 0, end: Infinity };

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('../../audio/player.js').Player} player
 * @param {import('../layers/model.js').Layers} layers
 * @param {import('../../audio/source-audio.js').SourceAudio} sourceAudio
 */
export function showTransport(store, player, layers, sourceAudio) {
  const buttons = {
    original: /** @type {HTMLButtonElement} */ (byId('play-original')),
    decoded: /** @type {HTMLButtonElement} */ (byId('play-decoded')),
  };
  const loop = byId('loop');
  const matched = /** @type {HTMLInputElement} */ (byId('matched'));
  const save = /** @type {HTMLButtonElement} */ (byId('save'));
  const onRelease = /** @type {HTMLInputElement} */ (byId('play-on-release'));
  /** Whether a slider moves by itself. */
  let sweeping = false;

  /**
   * @param {Side} side
   * @returns {Sound} null where there is none
   */
  function soundOf(side) {
    if (side === 'original') return sourceAudio(store.state.recording);
    if (side === 'decoded') return store.state.decoded?.audio ?? null;
    if (typeof side === 'string') return store.state.otherSounds[side]?.audio ?? null;
    return layers.fetch(side).then((layer) => layer?.audio ?? null);
  }

  /**
   * As the player plays it, as loud as the original if that is wanted. What cannot be played is told, and counts as no sound.
   * @param {Side} side
   * @param {number | null} [at] seconds
   * @param {How} [how]
   * @returns {Promise<boolean>}
   */
  async function play(side, at = null, how = {}) {
    try {
      const like = store.state.preferences.matched && side !== 'original' ? soundOf('original') : null;
      return await player.play(side, soundOf(side), { ...how, at, like });
    } catch (error) {
      store.set({ notice: { kind: 'error', title: 'Cannot play', detail: /** @type {Error} */ (error).message } });
      return true;
    }
  }

  /**
   * Puts the cursor there and plays.
   * @param {Side} side
   * @param {number} at seconds
   */
  function playFrom(side, at) {
    player.cursor = at;
    play(side, at);
  }

  /** @param {Side} side Stops it if it plays; swaps to it at the same moment if another does. */
  function toggle(side) {
    if (player.side === side) player.stop();
    else play(side);
  }

  /** The other of the two at the same moment; the decoded one when neither plays. */
  const swap = () => play(player.side === 'decoded' ? 'original' : 'decoded');

  const toggleLoop = () => prefer(store, { loop: !store.state.preferences.loop });

  for (const side of /** @type {const} */ (['original', 'decoded']))
    buttons[side].addEventListener('click', () => toggle(side));
  loop.addEventListener('click', toggleLoop);
  matched.addEventListener('change', () => {
    prefer(store, { matched: matched.checked });
    if (player.side !== null) play(player.side);
  });
  store.on(['preferences', 'span'], arrangeLoop);
  function arrangeLoop() {
    const { preferences, span } = store.state;
    loop.setAttribute('aria-pressed', String(preferences.loop));
    loop.title = span ? 'Round and round over the marked span' : 'Round and round over the whole clip';
    matched.checked = preferences.matched;
    player.loop = preferences.loop || sweeping ? (span ?? WHOLE) : null;
  }

  /** Plays the decoded sound round and round, each new one from the moment the last was at; without `on`, as before. @param {boolean} on */
  function followUpdates(on) {
    if (sweeping === (on && onRelease.checked)) return;
    sweeping = on && onRelease.checked;
    if (!sweeping && !store.state.preferences.loop) player.stop();
    arrangeLoop();
    if (sweeping) play('decoded');
  }
  store.on(['decoded'], () => {
    if (sweeping && player.side !== null) play('decoded');
  });

  store.on(['recording', 'model'], () => {
    player.stop();
    player.cursor = 0;
  });
  player.addEventListener('change', () => store.set({ playing: player.side }));
  store.on(['playing'], () => {
    for (const side of /** @type {const} */ (['original', 'decoded']))
      buttons[side].setAttribute('aria-pressed', String(store.state.playing === side));
  });
  store.on(['recording', 'decoded'], () => {
    const { recording, decoded } = store.state;
    buttons.original.disabled = !recording?.encoded;
    buttons.decoded.disabled = save.disabled = !decoded;
  });

  // The digest names exactly these bytes: two explorers that show the same one play the same sound.
  store.on(['decoded', 'decoding'], async () => {
    const { decoded, decoding } = store.state;
    const digest = decoded && !decoding && (await digestOf(decoded.audio));
    if (store.state.decoded !== decoded || store.state.decoding !== decoding) return;
    if (digest) buttons.decoded.dataset.audioDigest = digest;
    else delete buttons.decoded.dataset.audioDigest;
  });

  save.addEventListener('click', () => downloadSound(store));

  /**
   * Plays what was let go of, once it is here: from the cursor, but in a loop it goes on where it is. Not where something else was asked for meanwhile.
   * @param {Side} side
   * @param {() => Promise<void>} settled
   */
  async function playReleased(side, settled) {
    const { asked } = player;
    await settled();
    if (onRelease.checked && player.asked === asked) play(side, store.state.preferences.loop ? null : player.cursor);
  }

  return { soundOf, play, playFrom, toggle, swap, toggleLoop, playReleased, followUpdates };
}

/** @typedef {ReturnType<typeof showTransport>} Transport */
