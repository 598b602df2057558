import '../support/browser.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSocketClient } from '../../../frontend/server/websocket.js';

/** A connection that the test controls. */
class FakeSocket {
  static OPEN = 1;
  static last = null;
  readyState = 0;
  sent = [];
  constructor(address) {
    this.address = String(address);
    FakeSocket.last = this;
  }
  connect() {
    this.readyState = FakeSocket.OPEN;
    this.onopen();
  }
  send(text) {
    this.sent.push(text);
  }
  receive(data) {
    this.onmessage({ data });
  }
}
globalThis.WebSocket = FakeSocket;

const ok = JSON.stringify({ status: 200, headers: {}, body: { samples: 1 } });

function connected() {
  const client = createSocketClient('decode');
  client.open();
  FakeSocket.last.connect();
  return { client, socket: FakeSocket.last };
}

test('without a connection the request must be posted', async () => {
  const client = createSocketClient('decode');
  assert.equal(await client.request('{}'), null);
  client.open();
  assert.equal(FakeSocket.last.address, 'ws://localhost/decode');
  assert.equal(await client.request('{}'), null, 'while it connects, too');
});

test('a request is answered by a text and then a sound', async () => {
  const { client, socket } = connected();
  const pending = client.request('{"dim":1}');
  assert.deepEqual(socket.sent, ['{"dim":1}']);
  socket.receive(ok);
  const response = await pending;
  assert.deepEqual([response.status, response.body], [200, { samples: 1 }]);
  const sound = new ArrayBuffer(4);
  socket.receive(sound);
  assert.equal(await response.sound, sound);
});

test('a second request waits for the sound of the first', async () => {
  const { client, socket } = connected();
  const first = client.request('1');
  socket.receive(ok);
  await first;
  const second = client.request('2');
  assert.deepEqual(socket.sent, ['1']);
  socket.receive(new ArrayBuffer(1));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(socket.sent, ['1', '2']);
  socket.receive(JSON.stringify({ status: 422, headers: {}, body: { title: 'Invalid' } }));
  assert.equal((await second).status, 422);
});

test('a request during another one, or a long one, must be posted', async () => {
  const { client } = connected();
  client.request('1');
  assert.equal(await client.request('2'), null);
  assert.equal(await connected().client.request('x'.repeat(300_001)), null);
});

test('a lost connection ends the request and the pending sound', async () => {
  const { client, socket } = connected();
  const pending = client.request('1');
  socket.onclose();
  assert.equal(await pending, null);
  const again = connected();
  const answered = again.client.request('1');
  again.socket.receive(ok);
  const { sound } = await answered;
  const waiting = again.client.request('2');
  again.socket.onclose();
  await assert.rejects(sound, /connection was lost/);
  assert.equal(await waiting, null);
});

test('a refused connection is not tried again', () => {
  const client = createSocketClient('decode');
  client.open();
  const refused = FakeSocket.last;
  refused.onclose();
  client.open();
  assert.equal(FakeSocket.last, refused);
});
