/**
 * Plays one sound at a time and reports its position. All sounds belong to one recording and share a cursor, a loop and
 * a loudness.
 */
import { sameSpan } from '../core/edits.js';
import { levelOf, matchingGain } from './loudness.js';

/** @typedef {import('../core/state.js').SoundName} SoundName */
/** @typedef {import('../core/edits.js').Span} Span */
/** @typedef {Blob | ArrayBuffer} SoundFile not modified */
/** @typedef {SoundFile | null | Promise<SoundFile | null>} Sound null: no sound */
/**
 * @typedef {object} PlayOptions
 * @property {number | null} [at] start in seconds; by default the current position, or the cursor if nothing is playing
 * @property {number} [delay] seconds of silence before the sound
 * @property {boolean} [once] plays to the end once, ignoring the loop
 * @property {Sound} [reference] sound whose loudness it is matched to
 */
/**
 * @typedef {{name: SoundName, buffer: AudioBuffer, volume: number, delay: number, once: boolean, finish: (completed:
 * boolean) => void}} Playing
 */

/** Fades this short are inaudible but avoid clicks. */
const FADE_SECONDS = 0.004;

export class Player extends EventTarget {
  /** @type {AudioContext | null} created at the first play: browsers require a user gesture */
  #context = null;
  /** @type {WeakMap<SoundFile, Promise<AudioBuffer>>} */
  #decoded = new WeakMap();
  /** @type {WeakMap<AudioBuffer, import('./loudness.js').Level>} */
  #levels = new WeakMap();
  /**
   * @type {Playing & {source: AudioBufferSourceNode, gain: GainNode, from: number, startedAt: number, loop: Span |
   * null} | null}
   */
  #current = null;
  /** @type {(completed: boolean) => void} resolves the promise of the latest `play` */
  #finish = () => {};
  #cursor = 0;
  #requests = 0;
  /** @type {Span | null} */
  #loop = null;

  /** @type {SoundName | null} what is playing */
  playing = null;

  /**
   * Plays a sound file once it has arrived, replacing the current sound. Fires `change` when playback starts, changes
   * or ends.
   * @param {SoundName} name
   * @param {Sound} file null keeps the current sound
   * @param {PlayOptions} [options]
   * @returns {Promise<boolean>} true when it has played to its end (at once for no sound), false if another request
   * replaced it; rejects with an
   * Error for display if the browser cannot play the file
   */
  play(name, file, options = {}) {
    this.#requests += 1;
    this.#finish(false);
    return new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#begin(name, file, options, resolve).catch(reject);
    });
  }

  stop() {
    this.#requests += 1;
    this.#finish(false);
    this.#finish = () => {};
    if (!this.#current) return;
    this.#fadeOut();
    this.#end();
  }

  /**
   * @returns {number} number of calls of `play` and `stop`: tells a delayed caller whether another request came first
   */
  get requestCount() {
    return this.#requests;
  }

  /** @returns {number | null} position in seconds; null if nothing is playing */
  get position() {
    return this.progress?.at ?? null;
  }

  /**
   * @returns {{at: number, until: number, wait: number} | null} in seconds: the position, where the sound ends or
   * loops, and the rest of the initial
   * delay; null if nothing is playing
   */
  get progress() {
    if (!this.#current || !this.#context) return null;
    const { buffer, from, startedAt, loop } = this.#current;
    const passed = this.#context.currentTime - startedAt - (this.#context.outputLatency || 0);
    const reached = from + Math.max(0, passed);
    const at = loop && reached >= loop.end ? loop.start + ((reached - loop.end) % (loop.end - loop.start)) : reached;
    return { at, until: loop?.end ?? buffer.duration, wait: Math.max(0, -passed) };
  }

  /** @returns {number} default start position in seconds */
  get cursor() {
    return this.#cursor;
  }

  /** Fires `change`. */
  set cursor(at) {
    this.#cursor = at;
    this.dispatchEvent(new Event('change'));
  }

  /** @returns {Span | null} the looped section in seconds; null for no loop */
  get loop() {
    return this.#loop;
  }

  /** Playback continues at its position if that is inside the loop. */
  set loop(span) {
    if (sameSpan(span, this.#loop)) return;
    this.#loop = span;
    if (this.#current && !this.#current.once) this.#start({ ...this.#current, delay: 0 }, this.position ?? 0);
  }

  /**
   * Decodes a file, so that it can be played without delay.
   * @param {SoundFile} file
   * @returns {Promise<AudioBuffer>} rejects as `play` does
   */
  prepare(file) {
    return this.#decode(this.#openContext(), file);
  }

  #openContext() {
    return (this.#context ??= new AudioContext({ latencyHint: 'interactive' }));
  }

  /**
   * @param {SoundName} name
   * @param {Sound} file
   * @param {PlayOptions} options
   * @param {(completed: boolean) => void} finish
   */
  async #begin(name, file, { at = null, delay = 0, once = false, reference = null }, finish) {
    const context = this.#openContext();
    if (context.state === 'suspended') await context.resume();
    const sound = await file;
    const buffer = sound && (await this.#decode(context, sound));
    const volume = buffer ? await this.#gainFor(context, buffer, reference) : 1;
    if (this.#finish !== finish) return;
    if (!buffer) return finish(true);
    this.#start({ name, buffer, volume, delay, once, finish }, at ?? this.position ?? this.#cursor);
  }

  /**
   * @param {AudioContext} context
   * @param {AudioBuffer} buffer
   * @param {Sound} reference
   * @returns {Promise<number>} 1 if there is no reference, or the browser cannot decode it
   */
  async #gainFor(context, buffer, reference) {
    const target = await Promise.resolve(reference)
      .then((file) => file && this.#decode(context, file))
      .catch(() => null);
    return target && target !== buffer ? matchingGain(this.#level(buffer), this.#level(target)) : 1;
  }

  /** @param {AudioBuffer} buffer */
  #level(buffer) {
    const level = this.#levels.get(buffer) ?? levelOf(buffer);
    this.#levels.set(buffer, level);
    return level;
  }

  /**
   * @param {Playing} playing
   * @param {number} position in seconds; the start of the loop if it is outside
   */
  #start({ name, buffer, volume, delay, once, finish }, position) {
    const context = this.#openContext();
    const loop = once ? null : this.#loopIn(buffer);
    const { start, end } = loop ?? { start: 0, end: buffer.duration };
    const from = position >= start && position < end ? position : start;
    this.#fadeOut();
    const startedAt = context.currentTime + delay;
    const source = new AudioBufferSourceNode(context, {
      buffer,
      loop: Boolean(loop),
      loopStart: loop?.start ?? 0,
      loopEnd: loop?.end ?? 0,
    });
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(0, startedAt);
    gain.gain.linearRampToValueAtTime(volume, startedAt + FADE_SECONDS);
    source.connect(gain).connect(context.destination);
    source.addEventListener('ended', () => {
      if (this.#current?.source !== source) return;
      this.#end();
      finish(true);
    });
    source.start(startedAt, from);
    this.#current = { name, buffer, volume, delay, once, finish, source, gain, from, startedAt, loop };
    this.playing = name;
    this.dispatchEvent(new Event('change'));
  }

  /**
   * The loop within a sound, rounded to samples; the whole sound if the loop is outside.
   * @param {AudioBuffer} buffer
   * @returns {Span | null}
   */
  #loopIn({ duration, sampleRate }) {
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
    let buffer = this.#decoded.get(file);
    if (!buffer) {
      // decodeAudioData detaches its buffer, so it gets a copy.
      const bytes = file instanceof Blob ? file.arrayBuffer() : Promise.resolve(file.slice(0));
      buffer = bytes
        .then((copy) => context.decodeAudioData(copy))
        .catch(() => {
          throw new Error('This browser cannot play this file format. Editing and the decoded sound still work.');
        });
      this.#decoded.set(file, buffer);
    }
    return buffer;
  }

  #fadeOut() {
    if (!this.#current || !this.#context) return;
    const { source, gain } = this.#current;
    const end = this.#context.currentTime + FADE_SECONDS;
    gain.gain.cancelScheduledValues(0);
    gain.gain.linearRampToValueAtTime(0, end);
    source.stop(end);
  }

  #end() {
    this.#current = null;
    this.playing = null;
    this.dispatchEvent(new Event('change'));
  }
}
