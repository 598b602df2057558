/** The browser globals that the page's data modules use, for Node. Import it before them. */
import { webcrypto } from 'node:crypto';

globalThis.addEventListener ??= () => {};
globalThis.document ??= { baseURI: 'http://localhost/' };
globalThis.crypto ??= webcrypto; // Node 18 has no global one

/**
 * Replaces fetch by a queue of responses. Each is a function of the path, or a value of it.
 * @param {(path: string, init: RequestInit) => unknown} respond
 * @returns {string[]} the paths requested so far
 */
export function stubFetch(respond) {
  const paths = [];
  globalThis.fetch = async (url, init = {}) => {
    const path = new URL(url).pathname;
    paths.push(path);
    return respond(path, init);
  };
  return paths;
}

/** @param {unknown} body @param {number} [status] @param {{[name: string]: string}} [headers] */
export const jsonResponse = (body, status = 200, headers = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } });
