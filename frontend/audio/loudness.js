/** How loud a sound is, and what brings it to the loudness of another. Pure. */

/** @typedef {{rms: number, peak: number}} Level of a sound within full scale */

/** Quieter than this (-80 dB) is silence, and is left alone. */
const SILENCE = 1e-4;

/**
 * @param {AudioBuffer} buffer
 * @returns {Level} over all its channels
 */
export function levelOf(buffer) {
  let [sum, peak] = [0, 0];
  for (let channel = 0; channel < buffer.numberOfChannels; channel++) {
    for (const sample of buffer.getChannelData(channel)) {
      sum += sample * sample;
      peak = Math.max(peak, Math.abs(sample));
    }
  }
  return { rms: Math.sqrt(sum / (buffer.length * buffer.numberOfChannels)), peak };
}

/**
 * @param {Level} sound
 * @param {Level} reference
 * @returns {number} the gain that gives `sound` the root mean square of `reference`, as far as its peak stays within full scale
 */
export function matchingGain(sound, reference) {
  if (sound.rms < SILENCE || reference.rms < SILENCE) return 1;
  return Math.min(reference.rms / sound.rms, Math.max(1, 1 / sound.peak));
}
