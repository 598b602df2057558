/** Keeps recordings in the browser across a reload, for this tab alone. A browser that keeps nothing keeps nothing: no error. */

/** @typedef {import('../features/sources/recent-files.js').Recent} Recent */

const NAME = 'sim-explorer';
const STORE = 'recordings';
const FORGOTTEN_AFTER_MS = 24 * 3600 * 1000;

/** @returns {string} the same for this tab until it is closed */
function tab() {
  const known = sessionStorage.getItem(NAME) ?? String(Math.random()).slice(2);
  sessionStorage.setItem(NAME, known);
  return known;
}

/** @returns {Promise<IDBDatabase>} */
const opened = () =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: ['tab', 'clip'] });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** @returns {{read: () => Promise<Recent[]>, write: (recents: readonly Recent[]) => Promise<void>}} newest first */
export function createSessionStorage() {
  /** @type {Promise<IDBDatabase> | null} */
  let database = null;
  const store = async (/** @type {IDBTransactionMode} */ mode) =>
    (await (database ??= opened())).transaction(STORE, mode).objectStore(STORE);

  return {
    async read() {
      try {
        const all = await done((await store('readonly')).getAll());
        const mine = all.filter((one) => one.tab === tab()).sort((one, other) => one.place - other.place);
        return mine.map(({ clip, name, file, duration }) => ({ clip, name, file, duration }));
      } catch {
        return [];
      }
    },
    async write(recents) {
      try {
        const now = Date.now();
        const storage = await store('readwrite');
        for (const one of await done(storage.getAll())) {
          if (one.tab === tab() || now - one.kept > FORGOTTEN_AFTER_MS) storage.delete([one.tab, one.clip]);
        }
        recents.forEach((recent, place) => storage.put({ ...recent, tab: tab(), place, kept: now }));
      } catch {
        // Without a storage they last as long as the page.
      }
    },
  };
}
