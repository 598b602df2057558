/** What can be wrong with a request: the server says no, or says nothing. */

/** The server answered with a problem (RFC 9457): `message` is its detail, fit to be shown. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {{type?: string, title?: string, detail?: string, field?: string}} body
   * @param {number | null} retryAfter seconds
   */
  constructor(status, body, retryAfter) {
    super(body.detail || body.title || `The server answered ${status}.`);
    this.status = status;
    this.title = body.title || 'The server refused this';
    this.clipUnknown = status === 404 && (body.type || '').endsWith('clip-unknown');
    this.noDecoder = (body.type || '').endsWith('no-decoder');
    /** The part of the request it is about; empty where it is about all of it. */
    this.field = body.field ?? '';
    this.busy = status === 503 || status === 429;
    this.retryAfter = retryAfter;
  }
}

/** No answer came at all: the server is down, or the network is. */
export class Unreachable extends Error {}

/**
 * @param {number} status
 * @param {any} body
 * @param {string | null} [retryAfter] seconds
 * @returns {never}
 */
export function throwProblem(status, body, retryAfter) {
  throw new Problem(status, body ?? {}, Number(retryAfter) || null);
}
