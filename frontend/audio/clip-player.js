/** A segment of one of the model's examples, heard by itself: it has nothing to do with the open recording, its cursor or its loop. */
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
  /** @type {AudioContext | null} made at the first play, as browsers want it */
  let context = null;
  /** @type {AudioBufferSourceNode | null} */
  let source = null;
  /** @type {Map<string, Promise<Blob>>} examples of the model, as far as they were wanted */
  let files = new Map();

  store.on(['model'], () => {
    stop();
    files = new Map();
  });
  player.addEventListener('change', () => player.side !== null && stop());

  function stop() {
    source?.stop();
    source = null;
    if (store.state.segment) store.set({ segment: null });
  }

  /** @param {string} clip */
  function file(clip) {
    const known = files.get(clip) ?? api.exampleAudio(String(store.state.model), clip);
    files.set(clip, known);
    known.catch(() => files.delete(clip));
    return known;
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
      if (wanted()) sound(context, buffer, segment);
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
  function sound(context, buffer, { start, end }) {
    const [began, length] = [context.currentTime, Math.max(2 * FADE_SECONDS, Math.min(end, buffer.duration) - start)];
    const own = new AudioBufferSourceNode(context, { buffer });
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(0, began);
    gain.gain.linearRampToValueAtTime(1, began + FADE_SECONDS);
    gain.gain.setValueAtTime(1, began + length - FADE_SECONDS);
    gain.gain.linearRampToValueAtTime(0, began + length);
    own.connect(gain).connect(context.destination);
    own.addEventListener('ended', () => source === own && stop());
    own.start(began, start, length);
    source = own;
  }

  return {
    /** @param {ClipSegment} segment Stops it if it plays. */
    toggle: (segment) => (sameSegment(segment, store.state.segment) ? stop() : void play(segment)),
  };
}

/** @typedef {ReturnType<typeof createClipPlayer>} ClipPlayer */
