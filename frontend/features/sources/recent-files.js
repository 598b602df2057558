/** The recordings opened lately stay at hand, with their files: they open again without being asked for. */
import { createShelf } from '../../core/session-storage.js';

/** @typedef {{clip: string, name: string, file: Blob, duration: number}} Recent seconds */

const MOST = 8;

/**
 * @param {readonly Recent[]} recents newest first
 * @param {Recent} opened
 * @returns {readonly Recent[]} with it; one that is there already keeps its place
 */
export function withRecent(recents, opened) {
  const known = recents.findIndex(({ clip }) => clip === opened.clip);
  return known < 0 ? [opened, ...recents].slice(0, MOST) : recents.with(known, opened);
}

/**
 * @param {import('../../core/state.js').Store} store
 * @returns {{find: (clip: string) => Promise<Recent | null>}} also one of before a reload
 */
export function createRecents(store) {
  const shelf = createShelf();
  const read = shelf.read().then((kept) => {
    const opened = store.state.recents;
    if (kept.length) store.set({ recents: [...opened].reverse().reduce(withRecent, kept) });
  });

  store.on(['recording'], () => {
    const { recording, clip, recents } = store.state;
    // Examples have chips of their own.
    if (!recording?.file || !recording.encoded || recording.clip !== clip) return;
    store.set({
      recents: withRecent(recents, {
        clip,
        name: recording.name,
        file: recording.file,
        duration: recording.encoded.duration,
      }),
    });
    read.then(() => shelf.write(store.state.recents));
  });

  return {
    async find(clip) {
      await read;
      return store.state.recents.find((one) => one.clip === clip) ?? null;
    },
  };
}

/** @typedef {ReturnType<typeof createRecents>} Recents */
