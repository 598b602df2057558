/**
 * Requests as messages of one WebSocket: several milliseconds faster than an HTTP request, see `python -m benchmarks
 * page`.
 */

/**
 * @typedef {{status: number, headers: {[name: string]: string}, body: any, sound: Promise<ArrayBuffer>}} Response as of
 * the same HTTP request; `sound` only with status 200
 */
/**
 * @typedef {{sound: Promise<ArrayBuffer>, resolve: (sound: ArrayBuffer) => void, reject: (error: Error) => void}}
 * PendingSound
 */

/** Longer requests exceed the server's message limit and must be posted. */
const MAX_CHARACTERS = 300_000;

/**
 * The server answers each message with a JSON text and, with status 200, the sound as a binary message.
 * @param {string} path relative to the page
 * @returns {{open: () => void, request: (body: string) => Promise<Response | null>}} `request` gives null if the
 * request must be posted instead:
 * the connection is closed, in use, or broke
 */
export function createSocketClient(path) {
  /** @type {WebSocket | null} */
  let socket = null;
  /** @type {((response: Response | null) => void) | null} resolves the current request */
  let resolveRequest = null;
  /** @type {PendingSound | null} the sound of the last response */
  let pendingSound = null;
  let refused = false;

  /** @param {Response | null} response */
  function settle(response) {
    const resolve = resolveRequest;
    resolveRequest = null;
    resolve?.(response);
  }

  /** @param {string} text */
  function receiveText(text) {
    const response = JSON.parse(text);
    if (response.status === 200) pendingSound = createPendingSound();
    settle({ ...response, sound: pendingSound?.sound });
  }

  /** @param {ArrayBuffer} sound */
  function receiveSound(sound) {
    pendingSound?.resolve(sound);
    pendingSound = null;
  }

  /**
   * Connects once a posted request has succeeded: browsers log failed connections. A connection that a proxy refuses is
   * not tried again.
   */
  function open() {
    if (socket || refused) return;
    const address = new URL(path, document.baseURI);
    address.protocol = address.protocol.replace('http', 'ws');
    const opened = (socket = new WebSocket(address));
    opened.binaryType = 'arraybuffer';
    let connected = false;
    opened.onopen = () => (connected = true);
    opened.onmessage = ({ data }) => (typeof data === 'string' ? receiveText(data) : receiveSound(data));
    opened.onclose = () => {
      refused = !connected;
      if (socket === opened) reset();
    };
  }

  function reset() {
    socket = null;
    settle(null);
    pendingSound?.reject(new Error('The connection was lost.'));
    pendingSound = null;
  }

  // Without a network, a browser reports the connection as open for minutes.
  addEventListener('offline', () => {
    socket?.close();
    reset();
  });

  /**
   * @param {string} body
   * @returns {Promise<Response | null>}
   */
  async function request(body) {
    // The server answers one request at a time: wait for the sound of the last one.
    while (pendingSound) {
      try {
        await pendingSound.sound;
      } catch {
        return null;
      }
    }
    if (socket?.readyState !== WebSocket.OPEN || resolveRequest || body.length > MAX_CHARACTERS) return null;
    const response = new Promise((resolve) => (resolveRequest = resolve));
    socket.send(body);
    return response;
  }

  return { open, request };
}

/** @returns {PendingSound} */
function createPendingSound() {
  /** @type {any} */
  const pending = {};
  pending.sound = new Promise((resolve, reject) => Object.assign(pending, { resolve, reject }));
  return pending;
}
