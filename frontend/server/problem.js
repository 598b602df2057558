/** Errors of requests. */
import { layerNames } from '../core/format.js';

/** An error response of the server (RFC 9457). `message` is its detail, for display. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {{type?: string, title?: string, detail?: string, field?: string}} body
   * @param {number | null} retryAfter seconds
   */
  constructor(status, body, retryAfter) {
    super(layerNames(body.detail || body.title || `The server answered ${status}.`));
    this.status = status;
    this.title = body.title || 'Request refused';
    this.clipUnknown = status === 404 && (body.type || '').endsWith('clip-unknown');
    this.noDecoder = (body.type || '').endsWith('no-decoder');
    /** The request field at fault; empty if the problem concerns the whole request. */
    this.field = body.field ?? '';
    this.busy = status === 503 || status === 429;
    this.retryAfter = retryAfter;
  }
}

/** No response: the server or the network is down. */
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
