/** Recent files, stored in the browser so that they can be reopened. */
import { createSessionStorage } from '../../core/session-storage.js';

/** @typedef {{clip: string, name: string, file: Blob, duration: number}} RecentFile seconds */

const MOST = 8;

/**
 * @param {readonly RecentFile[]} recentFiles newest first
 * @param {RecentFile} opened
 * @returns {readonly RecentFile[]} with the opened file; a known file keeps its place
 */
export function withRecent(recentFiles, opened) {
  const known = recentFiles.findIndex(({ clip }) => clip === opened.clip);
  return known < 0
    ? [opened, ...recentFiles].slice(0, MOST)
    : recentFiles.map((file, index) => (index === known ? opened : file));
}

/**
 * @param {import('../../core/state.js').Store} store
 * @returns {{find: (clip: string) => Promise<RecentFile | null>}} `find` also returns files from before a reload
 */
export function createRecentFiles(store) {
  const storage = createSessionStorage();
  const read = storage.read().then((stored) => {
    const opened = store.state.recentFiles;
    if (stored.length) store.set({ recentFiles: [...opened].reverse().reduce(withRecent, stored) });
  });

  store.on(['recording'], () => {
    const { recording, clip, recentFiles } = store.state;
    // Examples are listed separately.
    if (!recording?.file || !recording.encoded || recording.clip !== clip) return;
    store.set({
      recentFiles: withRecent(recentFiles, {
        clip,
        name: recording.name,
        file: recording.file,
        duration: recording.encoded.duration,
      }),
    });
    read.then(() => storage.write(store.state.recentFiles));
  });

  return {
    async find(clip) {
      await read;
      return store.state.recentFiles.find((one) => one.clip === clip) ?? null;
    },
  };
}

/** @typedef {ReturnType<typeof createRecentFiles>} RecentFiles */
