/** Audio worklet: sends the microphone's samples to the page, averaged over channels. */

/** Samples per message: about 1/40 s, fast enough for a level meter. */
const CHUNK = 1024;

// TypeScript's DOM library has no types for the audio thread.
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
        if (this.#filled === CHUNK) this.#send();
      }
      return true;
    }

    #send() {
      this.port.postMessage(this.#chunk);
      this.#chunk = new Float32Array(CHUNK);
      this.#filled = 0;
    }
  },
);
