/** The sound of the original: the file that was opened, or, of a clip known by its address alone, what the server still holds. */
import * as api from '../server/api.js';

/** @typedef {(recording: import('../core/state.js').Recording | null) => Blob | Promise<Blob> | null} SourceAudio null while none is open */

/** @returns {SourceAudio} what the server holds is fetched once, when it is first wanted */
export function createSourceAudio() {
  /** @type {{clip: string, sound: Promise<Blob>} | null} */
  let held = null;

  return function sourceAudio(recording) {
    if (!recording?.encoded) return null;
    if (recording.file) return recording.file;
    const { clip } = recording;
    if (held?.clip !== clip) {
      held = { clip, sound: api.clipAudio(clip) };
      held.sound.catch(() => (held = null)); // so that it can be asked for once more
    }
    return held.sound;
  };
}
