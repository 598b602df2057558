/** HTTP requests; error responses are thrown as Problem. */
import { throwProblem, Unreachable } from './problem.js';

/**
 * @param {string} path relative to the page: it may be served under a path prefix
 * @param {RequestInit} [init]
 * @returns {Promise<Response>}
 */
export async function call(path, init) {
  let response;
  try {
    response = await fetch(new URL(path, document.baseURI), init);
  } catch {
    throw new Unreachable('The server does not respond. Check that it is running.');
  }
  if (response.ok) return response;
  return throwProblem(response.status, await response.json().catch(() => ({})), response.headers.get('Retry-After'));
}

/** Escapes a text as one path segment. */
export const segment = encodeURIComponent;

/**
 * @param {string} path
 * @param {unknown} body
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>} the JSON body of the response
 */
export async function post(path, body, signal) {
  const headers = { 'Content-Type': 'application/json' };
  return (await call(path, { method: 'POST', headers, body: JSON.stringify(body), signal })).json();
}
