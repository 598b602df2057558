/** Requests as messages of one WebSocket, where it can be had: a browser spends milliseconds on each request of its own, and a sound that follows a hand has none to spare. */

/** @typedef {{status: number, headers: {[name: string]: string}, body: any, sound: Promise<ArrayBuffer>}} Answer as if the request had been posted; where that went well, `sound` follows */

/** @typedef {{sound: Promise<ArrayBuffer>, came: (sound: ArrayBuffer) => void, failed: (error: Error) => void}} Coming a sound that is to follow the last answer */

/** What the server takes as a message; what is longer is posted. */
const MOST_CHARACTERS = 300_000;

/**
 * @param {string} path relative to the page
 * @returns {{open: () => void, ask: (body: string) => Promise<Answer | null>}} `ask` gives null where the request is to be posted:
 * while there is no connection, or it is taken by another request, or it broke
 */
export function createSocketClient(path) {
  /** @type {WebSocket | null} */
  let socket = null;
  /** @type {((answer: Answer | null) => void) | null} whoever waits for an answer */
  let waiting = null;
  /** @type {Coming | null} */
  let coming = null;
  let refused = false;

  /** @param {Answer | null} answer */
  function settle(answer) {
    const settled = waiting;
    waiting = null;
    settled?.(answer);
  }

  /** @param {string} text */
  function told(text) {
    const answer = JSON.parse(text);
    if (answer.status === 200) coming = sounding();
    settle({ ...answer, sound: coming?.sound });
  }

  /** @param {ArrayBuffer} sound */
  function heard(sound) {
    coming?.came(sound);
    coming = null;
  }

  /** For one who knows that the server is there: a browser complains of a connection that is not to be had. Somebody between it and the server may not let them through, and is asked once. */
  function open() {
    if (socket || refused) return;
    const address = new URL(path, document.baseURI);
    address.protocol = address.protocol.replace('http', 'ws');
    const opened = (socket = new WebSocket(address));
    opened.binaryType = 'arraybuffer';
    let held = false;
    opened.onopen = () => (held = true);
    opened.onmessage = ({ data }) => (typeof data === 'string' ? told(data) : heard(data));
    opened.onclose = () => {
      refused = !held;
      if (socket === opened) forget();
    };
  }

  function forget() {
    socket = null;
    settle(null);
    coming?.failed(new Error('The connection broke.'));
    coming = null;
  }

  // A connection without a network seems to live on for minutes.
  addEventListener('offline', () => {
    socket?.close();
    forget();
  });

  /**
   * @param {string} body
   * @returns {Promise<Answer | null>}
   */
  function ask(body) {
    if (coming)
      return coming.sound.then(
        () => ask(body),
        () => null,
      ); // the server answers one request at a time
    if (socket?.readyState !== WebSocket.OPEN || waiting || body.length > MOST_CHARACTERS) return Promise.resolve(null);
    const answer = new Promise((resolve) => (waiting = resolve));
    socket.send(body);
    return answer;
  }

  return { open, ask };
}

/** @returns {Coming} */
function sounding() {
  /** @type {any} */
  const coming = {};
  coming.sound = new Promise((came, failed) => Object.assign(coming, { came, failed }));
  return coming;
}
