/**
 * Stores recordings in IndexedDB, so that they survive a reload of this tab. Failures are ignored: they then last as
 * long as the page.
 */

/** @typedef {import('../features/sources/recent-files.js').RecentFile} RecentFile */

const NAME = 'sim-explorer';
const STORE = 'recordings';
const MAX_AGE_MS = 24 * 3600 * 1000;

/** @returns {string} identifies this tab until it is closed */
function tabId() {
  const id = sessionStorage.getItem(NAME) ?? String(Math.random()).slice(2);
  sessionStorage.setItem(NAME, id);
  return id;
}

/** @returns {Promise<IDBDatabase>} */
const openDatabase = () =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: ['tab', 'clip'] });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const resultOf = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/**
 * @returns {{read: () => Promise<RecentFile[]>, write: (files: readonly RecentFile[]) => Promise<void>}} newest first
 */
export function createSessionStorage() {
  /** @type {Promise<IDBDatabase> | null} */
  let database = null;
  const objectStore = async (/** @type {IDBTransactionMode} */ mode) =>
    (await (database ??= openDatabase())).transaction(STORE, mode).objectStore(STORE);

  return {
    async read() {
      try {
        const all = await resultOf((await objectStore('readonly')).getAll());
        const own = all.filter((one) => one.tab === tabId()).sort((one, other) => one.place - other.place);
        return own.map(({ clip, name, file, duration }) => ({ clip, name, file, duration }));
      } catch {
        return [];
      }
    },
    async write(files) {
      try {
        const now = Date.now();
        const entries = await objectStore('readwrite');
        for (const one of await resultOf(entries.getAll())) {
          if (one.tab === tabId() || now - one.kept > MAX_AGE_MS) entries.delete([one.tab, one.clip]);
        }
        files.forEach((file, place) => entries.put({ ...file, tab: tabId(), place, kept: now }));
      } catch {
        // The browser stores nothing, for example in private mode.
      }
    },
  };
}
