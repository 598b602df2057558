/**
 * Runs at most one job at a time and keeps only the latest request. A moving slider thus never builds a queue, and its
 * last value is always processed.
 *
 * @template Job
 * @param {(job: Job) => Promise<boolean>} work resolves to false if the job must run again, unless a newer one is
 * waiting
 * @param {(running: boolean) => void} onRunning called when work starts and when no work is left
 * @returns {{request: (job: Job) => void, idle: () => Promise<void>}} `idle` resolves when no work is left
 */
export function latestOnly(work, onRunning) {
  /** @type {{job: Job} | null} */
  let next = null;
  /** @type {Promise<void> | null} */
  let running = null;

  async function run() {
    try {
      while (next) {
        const current = next;
        next = null;
        const done = work(current.job); // before the callback, so that listeners do not delay the request
        onRunning(true);
        if (!(await done)) next ??= current;
      }
    } finally {
      running = null;
      onRunning(false);
    }
  }

  return {
    request(job) {
      next = { job };
      running ??= run();
    },
    idle: () => running ?? Promise.resolve(),
  };
}
