/** The samples of a recording, for a waveform seen from nearer than the server's peaks show it. */

/** Channels are read at this rate whatever the file's, which is fine enough to be drawn. */
const RATE = 16_000;

/** @typedef {{values: Float32Array, rate: number}} Samples the mean of all channels, `rate` a second */

/**
 * @param {Blob} file
 * @returns {Promise<Samples>} rejects when this browser cannot read it
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
 * @param {number} most stretches
 * @returns {Float32Array} [2, n]: lowest and highest sample of each of n equal stretches of that span; each reaches to the next one's first sample,
 * so that the line never breaks
 */
export function peaksInSpan({ values, rate }, { start, end }, most) {
  const [first, last] = [start * rate, Math.max(start * rate + 1, end * rate)];
  const count = Math.max(1, most);
  const peaks = new Float32Array(2 * count);
  const sample = (/** @type {number} */ at) => values[Math.min(values.length - 1, Math.max(0, at))];
  for (let stretch = 0; stretch < count; stretch++) {
    const from = Math.floor(first + ((last - first) * stretch) / count);
    const to = Math.max(from + 1, Math.floor(first + ((last - first) * (stretch + 1)) / count));
    let [low, high] = [Infinity, -Infinity];
    for (let at = from; at <= to; at++) {
      low = Math.min(low, sample(at));
      high = Math.max(high, sample(at));
    }
    peaks[stretch] = low;
    peaks[count + stretch] = high;
  }
  return peaks;
}
