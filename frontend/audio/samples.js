/** Samples and peaks of a recording, for a waveform at a higher zoom than the server's peaks resolve. */

/** Sample rate in Hz for drawing, whatever the rate of the file. */
const RATE = 16_000;

/** @typedef {{values: Float32Array, rate: number}} Samples mean of all channels; `rate` in Hz */

/**
 * @param {Blob} file
 * @returns {Promise<Samples>} rejects if the browser cannot decode the file
 */
export async function readSamples(file) {
  const buffer = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(await file.arrayBuffer());
  const values = new Float32Array(buffer.length);
  for (let channel = 0; channel < buffer.numberOfChannels; channel++) {
    const part = buffer.getChannelData(channel);
    for (let at = 0; at < values.length; at++) values[at] += part[at] / buffer.numberOfChannels;
  }
  return { values, rate: RATE };
}

/**
 * @param {Samples} samples
 * @param {import('../core/edits.js').Span} span in seconds
 * @param {number} segments at least 1
 * @returns {Float32Array} [2, n]: minimum and maximum of each of n equal segments; each includes the first sample of
 * the next, so that the line has
 * no gaps
 */
export function peaksInSpan({ values, rate }, { start, end }, segments) {
  const [first, last] = [start * rate, Math.max(start * rate + 1, end * rate)];
  const count = Math.max(1, segments);
  const peaks = new Float32Array(2 * count);
  const sample = (/** @type {number} */ at) => values[Math.min(values.length - 1, Math.max(0, at))];
  for (let segment = 0; segment < count; segment++) {
    const from = Math.floor(first + ((last - first) * segment) / count);
    const to = Math.max(from + 1, Math.floor(first + ((last - first) * (segment + 1)) / count));
    let [low, high] = [Infinity, -Infinity];
    for (let at = from; at <= to; at++) {
      low = Math.min(low, sample(at));
      high = Math.max(high, sample(at));
    }
    peaks[segment] = low;
    peaks[count + segment] = high;
  }
  return peaks;
}
