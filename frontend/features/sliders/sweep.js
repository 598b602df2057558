/** Sweep: moves one slider through its range while the sound loops, then restores it. */

/** @typedef {import('../../core/dimensions.js').SliderRange} SliderRange */

const SECONDS = 6;
const STEPS_A_SECOND = 12;

/**
 * @param {{settled: () => Promise<void>, followUpdates: (on: boolean) => void}} host `settled` resolves when the
 * decoded sound is current; `followUpdates` plays every new sound
 */
export function createSweep(host) {
  /** @type {{dim: number, stop: () => void} | null} */
  let running = null;

  /**
   * @param {number} dim
   * @param {SliderRange} ends
   * @param {(value: number) => void} move
   * @param {() => void} restore resets the slider
   */
  async function start(dim, { low, high }, move, restore) {
    const sweep = { dim, stop };
    running = sweep;
    function stop() {
      if (running === sweep) running = null;
      host.followUpdates(false);
      restore();
    }
    const began = performance.now();
    host.followUpdates(true);
    while (running === sweep) {
      const share = (performance.now() - began) / (SECONDS * 1000);
      if (share > 1) return stop();
      // A sine from the middle to both ends and back, without a jump.
      const wave = Math.sin(2 * Math.PI * share);
      move(Math.round(((low + high + wave * (high - low)) / 2) * 100) / 100);
      await Promise.all([host.settled(), new Promise((resolve) => setTimeout(resolve, 1000 / STEPS_A_SECOND))]);
    }
  }

  return {
    /** @returns {number | null} the dimension being swept */
    get dim() {
      return running?.dim ?? null;
    },
    start,
    stop: () => running?.stop(),
  };
}

/** @typedef {ReturnType<typeof createSweep>} Sweep */
