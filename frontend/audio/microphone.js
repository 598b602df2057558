/** Records from the microphone. No DOM. */

/** Maximum length of a recording. */
export const MAX_SECONDS = 30;

/** Recording is not possible. The message gives the reason and a remedy. */
export class MicrophoneError extends Error {}

/** @typedef {{samples: Float32Array, rate: number}} Sound mono */

/** Messages for the errors of getUserMedia, by name. */
const REFUSALS = /** @type {Record<string, string>} */ ({
  NotAllowedError:
    'Microphone access is blocked for this page. Allow the microphone next to the page’s address, then record again.',
  NotFoundError: 'No microphone was found. Connect one, or open a file.',
  NotReadableError: 'Another program is using the microphone. Close it there, then record again.',
});

/**
 * Starts recording. The sound stays on the page.
 * @param {(peak: number, seconds: number) => void} onLevel called about 40 times a second with the peak since the last
 * call, from 0 to 1, and the length so far
 * @returns {Promise<{finish: () => Sound, cancel: () => void}>} both end the recording and release the microphone;
 * rejects with MicrophoneError
 */
export async function startRecording(onLevel) {
  const stream = await microphone();
  const context = new AudioContext();
  const release = () => {
    stream.getTracks().forEach((track) => track.stop());
    context.close();
  };
  /** @type {Float32Array[]} */
  const chunks = [];
  let length = 0;
  try {
    await context.audioWorklet.addModule(new URL('microphone-worklet.js', import.meta.url));
    await context.resume();
  } catch {
    release();
    throw new MicrophoneError('The browser could not start recording. Open a file instead.');
  }
  const tap = new AudioWorkletNode(context, 'microphone', { numberOfOutputs: 0 });
  tap.port.onmessage = ({ data }) => {
    chunks.push(data);
    length += data.length;
    onLevel(
      data.reduce((/** @type {number} */ most, /** @type {number} */ sample) => Math.max(most, Math.abs(sample)), 0),
      length / context.sampleRate,
    );
  };
  context.createMediaStreamSource(stream).connect(tap);

  function cancel() {
    tap.port.onmessage = null;
    release();
  }
  return {
    cancel,
    finish() {
      cancel();
      return { samples: joined(chunks, length), rate: context.sampleRate };
    },
  };
}

/** @returns {Promise<MediaStream>} without the processing for calls, which distorts speech */
async function microphone() {
  if (!isSecureContext) {
    throw new MicrophoneError(
      'Browsers allow recording only over https or on localhost. Open the explorer at such an address, or open a file.',
    );
  }
  if (!navigator.mediaDevices?.getUserMedia || !('AudioWorkletNode' in globalThis)) {
    throw new MicrophoneError('This browser cannot record. Open a file instead.');
  }
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    });
  } catch (error) {
    const { name } = /** @type {Error} */ (error);
    throw new MicrophoneError(
      REFUSALS[name] ?? 'The microphone gives no sound. Check it in another program, or open a file.',
    );
  }
}

/**
 * @param {Float32Array[]} chunks
 * @param {number} length of all
 */
function joined(chunks, length) {
  const whole = new Float32Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
