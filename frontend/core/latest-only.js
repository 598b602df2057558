/**
 * Newest wins: at most one job runs; while it runs only the last one asked for is kept, and it runs next.
 * So a moving slider never queues work, and its last value is never left behind.
 *
 * @template Job
 * @param {(job: Job) => Promise<boolean>} work resolves to false to be tried again, unless something newer was asked for
 * @param {(running: boolean) => void} onRunning told when work begins and when none is left
 * @returns {{ask: (job: Job) => void, idle: () => Promise<void>}}
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
        const done = work(current.job); // first, so that it does not wait for those who are told of it
        onRunning(true);
        if (!(await done)) next ??= current;
      }
    } finally {
      running = null;
      onRunning(false);
    }
  }

  return {
    ask(job) {
      next = { job };
      running ??= run();
    },
    idle: () => running ?? Promise.resolve(),
  };
}
