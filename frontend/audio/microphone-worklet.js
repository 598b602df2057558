/** Runs on the audio thread: passes what the microphone hears on to the page, its channels averaged. */

/** The page is told this often, in samples: a fortieth of a second or so, often enough for a level that moves. */
const CHUNK = 1024;

// TypeScript's DOM library does not know this thread.
const { AudioWorkletProcessor, registerProcessor } = /** @type {any} */ (globalThis);

registerProcessor(
  'microphone',
  class extends AudioWorkletProcessor {
    #chunk = new Float32Array(CHUNK);
    #filled = 0;

    /** @param {Float32Array[][]} inputs */
    process([channels]) {
      if (!channels?.length) return true;
      for (let i = 0; i < channels[0].length; i++) {
        this.#chunk[this.#filled++] = channels.reduce((sum, channel) => sum + channel[i], 0) / channels.length;
        if (this.#filled === CHUNK) this.#pass();
      }
      return true;
    }

    #pass() {
      this.port.postMessage(this.#chunk);
      this.#chunk = new Float32Array(CHUNK);
      this.#filled = 0;
    }
  },
);
