// @ts-check
/** Plays one sound at a time, and says where in it we are. */

/** @typedef {"original" | "decoded"} Side */

/** Long enough that starting and stopping do not click, short enough not to be noticed. */
const FADE_SECONDS = 0.004;

export class Player extends EventTarget {
  /** @type {AudioContext | null} made at the first play: browsers allow none before somebody touched the page */
  #context = null;
  /** @type {WeakMap<Blob | ArrayBuffer, Promise<AudioBuffer>>} */
  #ready = new WeakMap();
  /** @type {{source: AudioBufferSourceNode, gain: GainNode, began: number} | null} */
  #current = null;
  #turn = 0;

  /** @type {Side | null} what is playing */
  side = null;

  /**
   * Plays a sound file from `at` seconds, instead of whatever was playing. Fires `change` when playing starts, swaps or ends.
   * @param {Side} side
   * @param {Blob | ArrayBuffer} file left as it is
   * @param {number} [at]
   * @returns {Promise<void>} rejects with an Error fit to be shown when the browser cannot play this file
   */
  async play(side, file, at = 0) {
    const turn = ++this.#turn;
    const context = (this.#context ??= new AudioContext({ latencyHint: "interactive" }));
    if (context.state === "suspended") await context.resume();
    const buffer = await this.#decode(context, file);
    if (turn !== this.#turn) return;
    this.#silence();
    const from = at < buffer.duration ? Math.max(0, at) : 0;
    const source = new AudioBufferSourceNode(context, { buffer });
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.linearRampToValueAtTime(1, context.currentTime + FADE_SECONDS);
    source.connect(gain).connect(context.destination);
    source.addEventListener("ended", () => {
      if (this.#current?.source === source) this.#end();
    });
    source.start(0, from);
    this.#current = { source, gain, began: context.currentTime - from };
    this.side = side;
    this.dispatchEvent(new Event("change"));
  }

  stop() {
    this.#turn++;
    if (!this.#current) return;
    this.#silence();
    this.#end();
  }

  /** @returns {number | null} seconds into the sound that is heard now; null when nothing plays */
  get position() {
    if (!this.#current || !this.#context) return null;
    return Math.max(0, this.#context.currentTime - this.#current.began - (this.#context.outputLatency || 0));
  }

  /**
   * @param {AudioContext} context
   * @param {Blob | ArrayBuffer} file
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
