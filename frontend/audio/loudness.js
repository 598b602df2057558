/** Loudness of a sound, and the gain that matches it to another. */

/** @typedef {{rms: number, peak: number}} Level relative to full scale */

/** Sounds below -80 dB are silence and are not amplified. */
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
 * @returns {number} gain that gives `sound` the RMS of `reference`, limited so that its peak does not clip
 */
export function matchingGain(sound, reference) {
  if (sound.rms < SILENCE || reference.rms < SILENCE) return 1;
  return Math.min(reference.rms / sound.rms, Math.max(1, 1 / sound.peak));
}
