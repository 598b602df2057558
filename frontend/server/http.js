/** HTTP requests to the server, with its problems as exceptions. */
import { throwProblem, Unreachable } from './problem.js';

/**
 * @param {string} path relative to the page, so that it also works behind a prefix
 * @param {RequestInit} [init]
 * @returns {Promise<Response>}
 */
export async function call(path, init) {
  let response;
  try {
    response = await fetch(new URL(path, document.baseURI), init);
  } catch {
    throw new Unreachable('The explorer’s server does not answer. Check that it is running.');
  }
  if (response.ok) return response;
  return throwProblem(response.status, await response.json().catch(() => ({})), response.headers.get('Retry-After'));
}

/** A text as one segment of a path. */
export const segment = encodeURIComponent;

/**
 * @param {string} path
 * @param {unknown} body
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>} the answer's JSON
 */
export async function post(path, body, signal) {
  const headers = { 'Content-Type': 'application/json' };
  return (await call(path, { method: 'POST', headers, body: JSON.stringify(body), signal })).json();
}
