/** Tick positions of time and frequency axes. */

/**
 * @param {number} length of the axis in seconds
 * @param {number} most maximum number of ticks
 * @param {number} [start] seconds at the left end
 * @returns {{at: number, label: string}[]} `at` from 0 to 1; steps are 1, 2 or 5 times a power of ten
 */
export function timeTicks(length, most, start = 0) {
  const rough = length / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? rough;
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks = [];
  for (let index = Math.ceil(start / step - 1e-9); index * step <= (start + length) * (1 + 1e-9); index++) {
    ticks.push({ at: (index * step - start) / length, label: (index * step).toFixed(digits) });
  }
  return ticks;
}

const ROUND_HZ = [100, 200, 500, 1000, 2000, 3000, 4000, 6000, 8000, 12000, 16000, 20000];

/**
 * @param {number[]} centres of the bands, lowest first
 * @param {number} apart minimum distance between ticks, as a fraction of the axis
 * @returns {{at: number, label: string}[]} `at` from 0, the lower edge of the lowest band, to 1, the upper edge of the
 * highest
 */
export function frequencyTicks(centres, apart) {
  const bands = centres.length;
  /** @type {{at: number, label: string}[]} */
  const ticks = [];
  for (const hz of ROUND_HZ) {
    const above = centres.findIndex((centre) => centre >= hz);
    if (above <= 0) continue;
    const between = (hz - centres[above - 1]) / (centres[above] - centres[above - 1]);
    const at = (above - 1 + between + 0.5) / bands;
    const previous = ticks[ticks.length - 1];
    if (!previous || at - previous.at >= apart) ticks.push({ at, label: hz < 1000 ? `${hz}` : `${hz / 1000}k` });
  }
  return ticks;
}
