/** Records from the microphone. No DOM. */

/** What the service and a listener have patience for. */
export const MOST_SECONDS = 30;

/** A recording that cannot be made: the message says why, and what to do. */
export class MicrophoneError extends Error {}

/** @typedef {{samples: Float32Array, rate: number}} Sound mono */

/** Why a browser that has the means may still give no sound, by the name of its error. */
const REFUSALS = /** @type {Record<string, string>} */ ({
  NotAllowedError:
    'The browser was told not to let this page listen. Allow the microphone beside the page’s address, then record again.',
  NotFoundError: 'No microphone was found. Plug one in, or open a file.',
  NotReadableError: 'Another program holds the microphone. Close it there, then record again.',
});

/**
 * Begins to listen. Nothing is heard by anybody but this page.
 * @param {(peak: number, seconds: number) => void} onLevel told about forty times a second: the loudest sample since, from 0 to 1, and how long it is by now
 * @returns {Promise<{finish: () => Sound, cancel: () => void}>} either ends it and lets the microphone go; rejects with MicrophoneError
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
    throw new MicrophoneError('This browser could not begin to record. Open a file instead.');
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

/** @returns {Promise<MediaStream>} as it hears, with none of the tricks that make calls clearer and speech unlike itself */
async function microphone() {
  if (!isSecureContext) {
    throw new MicrophoneError(
      'Browsers let a page listen only over https or on this very computer. Open the explorer at such an address, or open a file.',
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
      REFUSALS[name] ?? 'The microphone gave no sound. Look whether it works elsewhere, or open a file.',
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
