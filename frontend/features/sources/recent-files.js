/** The recordings opened lately stay at hand, with their files: they open again without being asked for. */
import { createSessionStorage } from '../../core/session-storage.js';

/** @typedef {{clip: string, name: string, file: Blob, duration: number}} Recent seconds */

const MOST = 8;

/**
 * @param {readonly Recent[]} recentFiles newest first
 * @param {Recent} opened
 * @returns {readonly Recent[]} with it; one that is there already keeps its place
 */
export function withRecent(recentFiles, opened) {
  const known = recentFiles.findIndex(({ clip }) => clip === opened.clip);
  return known < 0 ? [opened, ...recentFiles].slice(0, MOST) : recentFiles.with(known, opened);
}

/**
 * @param {import('../../core/state.js').Store} store
 * @returns {{find: (clip: string) => Promise<Recent | null>}} also one of before a reload
 */
export function createRecentFiles(store) {
  const storage = createSessionStorage();
  const read = storage.read().then((kept) => {
    const opened = store.state.recentFiles;
    if (kept.length) store.set({ recentFiles: [...opened].reverse().reduce(withRecent, kept) });
  });

  store.on(['recording'], () => {
    const { recording, clip, recentFiles } = store.state;
    // Examples have chips of their own.
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
