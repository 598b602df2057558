// @ts-check
/** Plays one sound at a time, and says where in it we are. All sounds are of one recording, so they share one cursor. */

/** @typedef {import("./state.js").Side} Side */
/** @typedef {Blob | ArrayBuffer} SoundFile */

/** Long enough that starting and stopping do not click, short enough not to be noticed. */
const FADE_SECONDS = 0.004;

export class Player extends EventTarget {
  /** @type {AudioContext | null} made at the first play: browsers allow none before somebody touched the page */
  #context = null;
  /** @type {WeakMap<SoundFile, Promise<AudioBuffer>>} */
  #ready = new WeakMap();
  /** @type {{source: AudioBufferSourceNode, gain: GainNode, from: number, began: number} | null} */
  #current = null;
  /** @type {(whole: boolean) => void} tells whoever asked for the latest sound how it ended */
  #over = () => {};
  #cursor = 0;

  /** @type {Side | null} what is playing */
  side = null;

  /**
   * Plays a sound file instead of whatever was playing, as soon as it is here. Fires `change` when playing starts, swaps or ends.
   * @param {Side} side
   * @param {SoundFile | null | Promise<SoundFile | null>} file left as it is; null is no sound and lets play what plays
   * @param {number | null} [at] seconds into the recording; left out, it goes on at the moment heard now, or begins at the cursor
   * @param {number} [breath] seconds of silence before it
   * @returns {Promise<boolean>} when it is over: true if it was heard to its end (no sound is, at once), false if something else was asked for
   * meanwhile; rejects with an Error fit to be shown when the browser cannot play this file
   */
  play(side, file, at = null, breath = 0) {
    this.#over(false);
    return new Promise((resolve, reject) => {
      this.#over = resolve;
      this.#begin(side, file, at, breath, resolve).catch(reject);
    });
  }

  stop() {
    this.#over(false);
    this.#over = () => {};
    if (!this.#current) return;
    this.#silence();
    this.#end();
  }

  /** @returns {number | null} seconds into the sound that is heard now; null when nothing plays */
  get position() {
    if (!this.#current || !this.#context) return null;
    const { from, began } = this.#current;
    return from + Math.max(0, this.#context.currentTime - began - (this.#context.outputLatency || 0));
  }

  /** @returns {number} seconds into the recording: where a sound begins unless told otherwise */
  get cursor() {
    return this.#cursor;
  }

  /** Fires `change`. */
  set cursor(at) {
    this.#cursor = at;
    this.dispatchEvent(new Event("change"));
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
    return (this.#context ??= new AudioContext({ latencyHint: "interactive" }));
  }

  /**
   * @param {Side} side
   * @param {SoundFile | null | Promise<SoundFile | null>} file
   * @param {number | null} at
   * @param {number} breath
   * @param {(whole: boolean) => void} over
   */
  async #begin(side, file, at, breath, over) {
    const context = this.#awake();
    if (context.state === "suspended") await context.resume();
    const sound = await file;
    const buffer = sound && (await this.#decode(context, sound));
    if (this.#over !== over) return;
    if (!buffer) return over(true);
    const wanted = at ?? this.position ?? this.#cursor;
    const from = wanted < buffer.duration ? Math.max(0, wanted) : 0;
    this.#silence();
    const began = context.currentTime + breath;
    const source = new AudioBufferSourceNode(context, { buffer });
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(0, began);
    gain.gain.linearRampToValueAtTime(1, began + FADE_SECONDS);
    source.connect(gain).connect(context.destination);
    source.addEventListener("ended", () => {
      if (this.#current?.source !== source) return;
      this.#end();
      over(true);
    });
    source.start(began, from);
    this.#current = { source, gain, from, began };
    this.side = side;
    this.dispatchEvent(new Event("change"));
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
      buffer = bytes.then((copy) => context.decodeAudioData(copy)).catch(() => {
        throw new Error("This browser cannot play the format of this file. It can still be explored, and its decoded sound played.");
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
    this.dispatchEvent(new Event("change"));
  }
}
