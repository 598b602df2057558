/** Plays segments of the model's examples, independent of the open recording. */
import * as api from '../server/api.js';
import { errorNotice } from '../server/retry.js';

/** @typedef {{clip: string, start: number, end: number}} ClipSegment of an example, in seconds */

const FADE_SECONDS = 0.006;

/** @param {ClipSegment | null} one @param {ClipSegment | null} other */
export const sameSegment = (one, other) =>
  one?.clip === other?.clip && one?.start === other?.start && one?.end === other?.end;

/**
 * @param {import('../core/state.js').Store} store
 * @param {import('./player.js').Player} player
 */
export function createClipPlayer(store, player) {
  /** @type {AudioContext | null} created at the first play: browsers require a user gesture */
  let context = null;
  /** @type {AudioBufferSourceNode | null} */
  let source = null;
  /** @type {Map<string, Promise<Blob>>} examples of the model, as far as requested */
  let files = new Map();

  store.on(['model'], () => {
    stop();
    files = new Map();
  });
  player.addEventListener('change', () => player.playing !== null && stop());

  function stop() {
    source?.stop();
    source = null;
    if (store.state.segment) store.set({ segment: null });
  }

  /** @param {string} clip */
  function file(clip) {
    const blob = files.get(clip) ?? api.exampleAudio(String(store.state.model), clip);
    files.set(clip, blob);
    blob.catch(() => files.delete(clip)); // allows another request
    return blob;
  }

  /** @param {ClipSegment} segment */
  async function play(segment) {
    stop();
    player.stop();
    store.set({ segment });
    const wanted = () => store.state.segment === segment;
    try {
      context ??= new AudioContext({ latencyHint: 'interactive' });
      if (context.state === 'suspended') await context.resume();
      const buffer = await player.prepare(await file(segment.clip));
      if (wanted()) start(context, buffer, segment);
    } catch (error) {
      if (!wanted()) return;
      stop();
      const unplayable = {
        kind: /** @type {const} */ ('error'),
        title: 'Cannot play',
        detail: /** @type {Error} */ (error).message,
      };
      store.set({
        notice: error instanceof api.Problem || error instanceof api.Unreachable ? errorNotice(error) : unplayable,
      });
    }
  }

  /**
   * @param {AudioContext} context
   * @param {AudioBuffer} buffer
   * @param {ClipSegment} segment
   */
  function start(context, buffer, { start, end }) {
    const [began, length] = [context.currentTime, Math.max(2 * FADE_SECONDS, Math.min(end, buffer.duration) - start)];
    const node = new AudioBufferSourceNode(context, { buffer });
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(0, began);
    gain.gain.linearRampToValueAtTime(1, began + FADE_SECONDS);
    gain.gain.setValueAtTime(1, began + length - FADE_SECONDS);
    gain.gain.linearRampToValueAtTime(0, began + length);
    node.connect(gain).connect(context.destination);
    node.addEventListener('ended', () => source === node && stop());
    node.start(began, start, length);
    source = node;
  }

  return {
    /** Plays a segment, or stops it if it is playing. @param {ClipSegment} segment */
    toggle: (segment) => (sameSegment(segment, store.state.segment) ? stop() : void play(segment)),
  };
}

/** @typedef {ReturnType<typeof createClipPlayer>} ClipPlayer */
