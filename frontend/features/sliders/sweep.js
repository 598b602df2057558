/** A sweep: one slider goes from end to end by itself while its sound goes round and round, and comes back to where it was. */

/** @typedef {import('../../core/dimensions.js').SliderRange} SliderRange */

const SECONDS = 6;
const STEPS_A_SECOND = 12;

/**
 * @param {{settled: () => Promise<void>, followUpdates: (on: boolean) => void}} host `settled` when what was asked for is here, `followUpdates` has what comes heard
 */
export function createSweep(host) {
  /** @type {{dim: number, stop: () => void} | null} */
  let running = null;

  /**
   * @param {number} dim
   * @param {SliderRange} ends
   * @param {(value: number) => void} move
   * @param {() => void} restore puts the slider back
   */
  async function start(dim, { low, high }, move, restore) {
    const mine = { dim, stop };
    running = mine;
    function stop() {
      if (running === mine) running = null;
      host.followUpdates(false);
      restore();
    }
    const began = performance.now();
    host.followUpdates(true);
    while (running === mine) {
      const share = (performance.now() - began) / (SECONDS * 1000);
      if (share > 1) return stop();
      // Out, through to the other side, and back: no jump at either end.
      const wave = Math.sin(2 * Math.PI * share);
      move(Math.round(((low + high + wave * (high - low)) / 2) * 100) / 100);
      await Promise.all([host.settled(), new Promise((resolve) => setTimeout(resolve, 1000 / STEPS_A_SECOND))]);
    }
  }

  return {
    /** @returns {number | null} the dimension that is swept now */
    get dim() {
      return running?.dim ?? null;
    },
    start,
    stop: () => running?.stop(),
  };
}

/** @typedef {ReturnType<typeof createSweep>} Sweep */
