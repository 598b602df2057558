/** Playback controls: original and decoded sound, swapping, loop, matched volume, saving the decoded sound. */
import { digestOf } from '../../core/digest.js';
import { setPreferences } from '../../core/preferences.js';
import { byId } from '../../drawing/dom.js';
import { downloadSound } from '../../server/download.js';

/** @typedef {import('../../core/state.js').SoundName} SoundName */
/** @typedef {import('../../audio/player.js').Sound} Sound */
/** @typedef {import('../../audio/player.js').PlayOptions} PlayOptions */

/** The loop where no span is selected. */
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
  /** Whether a sweep is running. */
  let sweeping = false;

  /**
   * @param {SoundName} side
   * @returns {Sound} null if there is none
   */
  function soundOf(side) {
    if (side === 'original') return sourceAudio(store.state.recording);
    if (side === 'decoded') return store.state.decoded?.audio ?? null;
    if (typeof side === 'string') return store.state.otherSounds[side]?.audio ?? null;
    return layers.fetch(side).then((layer) => layer?.audio ?? null);
  }

  /**
   * Plays a sound, as loud as the original if preferred. A sound that cannot be played shows a notice.
   * @param {SoundName} side
   * @param {number | null} [at] seconds
   * @param {PlayOptions} [how]
   * @returns {Promise<boolean>}
   */
  async function play(side, at = null, how = {}) {
    try {
      const reference = store.state.preferences.matched && side !== 'original' ? soundOf('original') : null;
      return await player.play(side, soundOf(side), { ...how, at, reference });
    } catch (error) {
      store.set({ notice: { kind: 'error', title: 'Cannot play', detail: /** @type {Error} */ (error).message } });
      return true;
    }
  }

  /**
   * Sets the playback position and plays.
   * @param {SoundName} side
   * @param {number} at seconds
   */
  function playFrom(side, at) {
    player.cursor = at;
    play(side, at);
  }

  /** @param {SoundName} side Stops the sound if it plays; otherwise swaps to it at the same position. */
  function toggle(side) {
    if (player.playing === side) player.stop();
    else play(side);
  }

  /** Swaps between original and decoded at the same position; plays the decoded sound when neither plays. */
  const swap = () => play(player.playing === 'decoded' ? 'original' : 'decoded');

  const toggleLoop = () => setPreferences(store, { loop: !store.state.preferences.loop });

  for (const side of /** @type {const} */ (['original', 'decoded']))
    buttons[side].addEventListener('click', () => toggle(side));
  loop.addEventListener('click', toggleLoop);
  matched.addEventListener('change', () => {
    setPreferences(store, { matched: matched.checked });
    if (player.playing !== null) play(player.playing);
  });
  store.on(['preferences', 'span'], arrangeLoop);
  function arrangeLoop() {
    const { preferences, span } = store.state;
    loop.setAttribute('aria-pressed', String(preferences.loop));
    loop.title = span ? 'Loop the selection' : 'Loop the whole recording';
    matched.checked = preferences.matched;
    player.loop = preferences.loop || sweeping ? (span ?? WHOLE) : null;
  }

  /** Loops the decoded sound; each new one continues at the position of the last. @param {boolean} on */
  function followUpdates(on) {
    if (sweeping === (on && onRelease.checked)) return;
    sweeping = on && onRelease.checked;
    if (!sweeping && !store.state.preferences.loop) player.stop();
    arrangeLoop();
    if (sweeping) play('decoded');
  }
  store.on(['decoded'], () => {
    if (sweeping && player.playing !== null) play('decoded');
  });

  store.on(['recording', 'model'], () => {
    player.stop();
    player.cursor = 0;
  });
  player.addEventListener('change', () => store.set({ playing: player.playing }));
  store.on(['playing'], () => {
    for (const side of /** @type {const} */ (['original', 'decoded']))
      buttons[side].setAttribute('aria-pressed', String(store.state.playing === side));
  });
  store.on(['recording', 'decoded'], () => {
    const { recording, decoded } = store.state;
    buttons.original.disabled = !recording?.encoded;
    buttons.decoded.disabled = save.disabled = !decoded;
  });

  // Digest of the WAV: equal digests mean equal sounds. Tests and `benchmarks page` read it.
  store.on(['decoded', 'decoding'], async () => {
    const { decoded, decoding } = store.state;
    const digest = decoded && !decoding && (await digestOf(decoded.audio));
    if (store.state.decoded !== decoded || store.state.decoding !== decoding) return;
    if (digest) buttons.decoded.dataset.audioDigest = digest;
    else delete buttons.decoded.dataset.audioDigest;
  });

  save.addEventListener('click', () => downloadSound(store));

  /**
   * Plays a sound after a slider is released, once it is decoded: from the playback position, or where the loop is.
   * Does nothing if another sound was requested in the meantime.
   * @param {SoundName} side
   * @param {() => Promise<void>} settled
   */
  async function playReleased(side, settled) {
    const { requestCount } = player;
    await settled();
    if (onRelease.checked && player.requestCount === requestCount)
      play(side, store.state.preferences.loop ? null : player.cursor);
  }

  return { soundOf, play, playFrom, toggle, swap, toggleLoop, playReleased, followUpdates };
}

/** @typedef {ReturnType<typeof showTransport>} Transport */
