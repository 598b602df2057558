/** What is kept of the page, as files: their names, and how a person gets them. */

import { errorNotice } from './retry.js';

/** How long a browser may take to begin with a download. */
const PATIENCE_MS = 10_000;

/**
 * @param {Blob} content
 * @param {string} name
 */
export function download(content, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), PATIENCE_MS);
}

/**
 * @param {import('../core/state.js').State} state
 * @returns {string} what a file made of the present sound is called, without its ending: of what, and from which module
 */
export function fileStem({ recording, base, seed, module }) {
  const source = recording ? recording.name.replace(/\.\w+$/, '') : base === 'prior' ? `prior-${seed}` : base;
  return `${source}-module-${module}`;
}

/**
 * The decoded sound, as soon as it is here; the page says why if it is not to be had.
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
