/** Plays one sound at a time, and says where in it we are. All sounds are of one recording, so they share one cursor, one loop and one loudness. */
import { sameSpan } from '../core/edits.js';
import { levelOf, matchingGain } from './loudness.js';

/** @typedef {import('../core/state.js').Side} Side */
/** @typedef {import('../core/edits.js').Span} Span */
/** @typedef {Blob | ArrayBuffer} SoundFile left as it is */
/** @typedef {SoundFile | null | Promise<SoundFile | null>} Sound null is no sound */
/**
 * @typedef {object} How
 * @property {number | null} [at] seconds into the recording; left out, it goes on at the moment heard now, or begins at the cursor
 * @property {number} [breath] seconds of silence before it
 * @property {boolean} [once] whether it is played to its end whatever the loop says
 * @property {Sound} [like] the sound to whose loudness it is brought
 */
/** @typedef {{side: Side, buffer: AudioBuffer, volume: number, breath: number, once: boolean, over: (whole: boolean) => void}} Playing */

/** Long enough that starting and stopping do not click, short enough not to be noticed. */
const FADE_SECONDS = 0.004;

export class Player extends EventTarget {
  /** @type {AudioContext | null} made at the first play: browsers allow none before somebody touched the page */
  #context = null;
  /** @type {WeakMap<SoundFile, Promise<AudioBuffer>>} */
  #ready = new WeakMap();
  /** @type {WeakMap<AudioBuffer, import('./loudness.js').Level>} */
  #levels = new WeakMap();
  /** @type {Playing & {source: AudioBufferSourceNode, gain: GainNode, from: number, began: number, ring: Span | null} | null} */
  #current = null;
  /** @type {(whole: boolean) => void} tells whoever asked for the latest sound how it ended */
  #over = () => {};
  #cursor = 0;
  #asked = 0;
  /** @type {Span | null} */
  #loop = null;

  /** @type {Side | null} what is playing */
  side = null;

  /**
   * Plays a sound file instead of whatever was playing, as soon as it is here. Fires `change` when playing starts, swaps or ends.
   * @param {Side} side
   * @param {Sound} file null lets play what plays
   * @param {How} [how]
   * @returns {Promise<boolean>} when it is over: true if it was heard to its end (no sound is, at once), false if something else was asked for
   * meanwhile; rejects with an Error fit to be shown when the browser cannot play this file
   */
  play(side, file, how = {}) {
    this.#asked += 1;
    this.#over(false);
    return new Promise((resolve, reject) => {
      this.#over = resolve;
      this.#begin(side, file, how, resolve).catch(reject);
    });
  }

  stop() {
    this.#asked += 1;
    this.#over(false);
    this.#over = () => {};
    if (!this.#current) return;
    this.#silence();
    this.#end();
  }

  /** @returns {number} how often a sound or silence was asked for: who waits to play something learns from it whether it is still wanted */
  get asked() {
    return this.#asked;
  }

  /** @returns {number | null} seconds into the sound that is heard now; null when nothing plays */
  get position() {
    return this.course?.at ?? null;
  }

  /**
   * @returns {{at: number, until: number, wait: number} | null} seconds into the sound that is heard now, where it will end or turn back, and how
   * long it stands still yet; null when nothing plays
   */
  get course() {
    if (!this.#current || !this.#context) return null;
    const { buffer, from, began, ring } = this.#current;
    const passed = this.#context.currentTime - began - (this.#context.outputLatency || 0);
    const reached = from + Math.max(0, passed);
    const at = ring && reached >= ring.end ? ring.start + ((reached - ring.end) % (ring.end - ring.start)) : reached;
    return { at, until: ring?.end ?? buffer.duration, wait: Math.max(0, -passed) };
  }

  /** @returns {number} seconds into the recording: where a sound begins unless told otherwise */
  get cursor() {
    return this.#cursor;
  }

  /** Fires `change`. */
  set cursor(at) {
    this.#cursor = at;
    this.dispatchEvent(new Event('change'));
  }

  /** @returns {Span | null} what is played again and again, in seconds; null for nothing */
  get loop() {
    return this.#loop;
  }

  /** What plays goes on at the same moment, if that lies in the loop. */
  set loop(span) {
    if (sameSpan(span, this.#loop)) return;
    this.#loop = span;
    if (this.#current && !this.#current.once) this.#sound({ ...this.#current, breath: 0 }, this.position ?? 0);
  }

  /**
   * Makes a file ready to be played without delay.
   * @param {SoundFile} file
   * @returns {Promise<AudioBuffer>} rejects as `play` does
   */
  prepare(file) {
    return this.#decode(this.#awake(), file);
  }

  #awake() {
    return (this.#context ??= new AudioContext({ latencyHint: 'interactive' }));
  }

  /**
   * @param {Side} side
   * @param {Sound} file
   * @param {How} how
   * @param {(whole: boolean) => void} over
   */
  async #begin(side, file, { at = null, breath = 0, once = false, like = null }, over) {
    const context = this.#awake();
    if (context.state === 'suspended') await context.resume();
    const sound = await file;
    const buffer = sound && (await this.#decode(context, sound));
    const volume = buffer ? await this.#volume(context, buffer, like) : 1;
    if (this.#over !== over) return;
    if (!buffer) return over(true);
    this.#sound({ side, buffer, volume, breath, once, over }, at ?? this.position ?? this.#cursor);
  }

  /**
   * @param {AudioContext} context
   * @param {AudioBuffer} buffer
   * @param {Sound} like
   * @returns {Promise<number>} 1 where there is nothing to compare with, or this browser cannot read it
   */
  async #volume(context, buffer, like) {
    const reference = await Promise.resolve(like)
      .then((file) => file && this.#decode(context, file))
      .catch(() => null);
    return reference && reference !== buffer ? matchingGain(this.#level(buffer), this.#level(reference)) : 1;
  }

  /** @param {AudioBuffer} buffer */
  #level(buffer) {
    const level = this.#levels.get(buffer) ?? levelOf(buffer);
    this.#levels.set(buffer, level);
    return level;
  }

  /**
   * @param {Playing} playing
   * @param {number} wanted seconds into the sound
   */
  #sound({ side, buffer, volume, breath, once, over }, wanted) {
    const context = this.#awake();
    const ring = once ? null : this.#ring(buffer);
    const { start, end } = ring ?? { start: 0, end: buffer.duration };
    const from = wanted >= start && wanted < end ? wanted : start;
    this.#silence();
    const began = context.currentTime + breath;
    const source = new AudioBufferSourceNode(context, {
      buffer,
      loop: Boolean(ring),
      loopStart: ring?.start ?? 0,
      loopEnd: ring?.end ?? 0,
    });
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(0, began);
    gain.gain.linearRampToValueAtTime(volume, began + FADE_SECONDS);
    source.connect(gain).connect(context.destination);
    source.addEventListener('ended', () => {
      if (this.#current?.source !== source) return;
      this.#end();
      over(true);
    });
    source.start(began, from);
    this.#current = { side, buffer, volume, breath, once, over, source, gain, from, began, ring };
    this.side = side;
    this.dispatchEvent(new Event('change'));
  }

  /**
   * The loop within this sound, from one sample to another: the whole sound where the loop lies beyond it.
   * @param {AudioBuffer} buffer
   * @returns {Span | null}
   */
  #ring({ duration, sampleRate }) {
    if (!this.#loop) return null;
    const [start, end] = [this.#loop.start, this.#loop.end].map(
      (seconds) => Math.round(Math.min(seconds, duration) * sampleRate) / sampleRate,
    );
    return start < end ? { start, end } : { start: 0, end: duration };
  }

  /**
   * @param {AudioContext} context
   * @param {SoundFile} file
   */
  #decode(context, file) {
    let buffer = this.#ready.get(file);
    if (!buffer) {
      // decodeAudioData takes the bytes it is given away, so it gets a copy.
      const bytes = file instanceof Blob ? file.arrayBuffer() : Promise.resolve(file.slice(0));
      buffer = bytes
        .then((copy) => context.decodeAudioData(copy))
        .catch(() => {
          throw new Error(
            'This browser cannot play the format of this file. It can still be explored, and its decoded sound played.',
          );
        });
      this.#ready.set(file, buffer);
    }
    return buffer;
  }

  #silence() {
    if (!this.#current || !this.#context) return;
    const { source, gain } = this.#current;
    const end = this.#context.currentTime + FADE_SECONDS;
    gain.gain.cancelScheduledValues(0);
    gain.gain.linearRampToValueAtTime(0, end);
    source.stop(end);
  }

  #end() {
    this.#current = null;
    this.side = null;
    this.dispatchEvent(new Event('change'));
  }
}
