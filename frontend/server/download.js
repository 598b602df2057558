/** Saves files to the user's disk. */
import { errorNotice } from './retry.js';

/** Time for the browser to start a download before its URL is revoked. */
const REVOKE_MS = 10_000;

/**
 * @param {Blob} content
 * @param {string} name
 */
export function download(content, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), REVOKE_MS);
}

/**
 * @param {import('../core/state.js').State} state
 * @returns {string} name, without extension, of a file made from the current sound: its source and layer
 */
export function fileStem({ recording, base, seed, module }) {
  const source = recording ? recording.name.replace(/\.\w+$/, '') : base === 'prior' ? `random-${seed}` : base;
  return `${source}-layer-${module}`;
}

/**
 * Saves the decoded sound once it has arrived, or shows why there is none.
 * @param {import('../core/state.js').Store} store
 */
export async function downloadSound(store) {
  const { decoded } = store.state;
  if (!decoded) return;
  const name = `${fileStem(store.state)}.wav`;
  try {
    download(new Blob([await decoded.audio], { type: 'audio/wav' }), name);
  } catch (error) {
    store.set({ notice: errorNotice(error) });
  }
}
