/** The sound of the open recording: its file or, for a clip known only from the address, the server's copy. */
import * as api from '../server/api.js';

/**
 * @typedef {(recording: import('../core/state.js').Recording | null) => Blob | Promise<Blob> | null} SourceAudio null
 * without a recording
 */

/** @returns {SourceAudio} fetches the server's copy once, when it is first needed */
export function createSourceAudio() {
  /** @type {{clip: string, sound: Promise<Blob>} | null} */
  let fetched = null;

  return function sourceAudio(recording) {
    if (!recording?.encoded) return null;
    if (recording.file) return recording.file;
    const { clip } = recording;
    if (fetched?.clip !== clip) {
      fetched = { clip, sound: api.clipAudio(clip) };
      fetched.sound.catch(() => (fetched = null)); // allows another request
    }
    return fetched.sound;
  };
}
