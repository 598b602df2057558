import { jsonResponse, stubFetch } from '../support/browser.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_CHOICE } from '../../../frontend/core/choice.js';
import { NO_EDITS, withEdit } from '../../../frontend/core/edits.js';
import { createStore } from '../../../frontend/core/state.js';
import { createSession } from '../../../frontend/server/session.js';
import { MODEL, settle } from '../support/state.js';

const array = (shape) => ({
  shape,
  dtype: 'float32',
  data: Buffer.alloc(4 * shape.reduce((a, b) => a * b)).toString('base64'),
});
const spectrogram = { values: array([1, 1]), hop_seconds: 0.01, band_hz: [100] };
globalThis.WebSocket = class {
  static OPEN = 1;
};

/** A server with one model and two examples. The clip of a file is its content. */
function open(choice = {}, { models = [MODEL], clips = [] } = {}) {
  const paths = stubFetch(async (path, init) => {
    if (path === '/models') return jsonResponse({ models });
    if (path === '/models/demo') return jsonResponse(MODEL);
    if (path === '/models/demo/examples') return jsonResponse({ examples: [{ id: 'e1' }, { id: 'e2' }] });
    if (path.startsWith('/models/demo/examples/')) return new Response(`audio of ${path.slice(-2)}`);
    if (path === '/encode') return encoded(await init.body.get('file').text());
    if (path === '/decode') return jsonResponse({ samples: 16000, sample_rate: 16000, audio: 'UklGRg==', spectrogram });
    const clip = path.replace('/clips/', '');
    return clips.includes(clip)
      ? encoded(clip)
      : jsonResponse({ type: '/problems/clip-unknown', title: 'Unknown' }, 404);
  });
  const encoded = (clip) =>
    jsonResponse({ model: 'demo', clip, duration: 1, waveform_peaks: array([2, 1]), spectrogram, modules: [] });
  const store = createStore({ ...DEFAULT_CHOICE, ...choice });
  const session = createSession(store, { find: async () => null });
  return { store, session, paths };
}

const idle = async ({ session }) => {
  await settle();
  await session.settled();
};

test('an empty address opens the first example at the deepest layer and decodes it', async () => {
  const page = open();
  await page.session.start();
  await idle(page);
  const { state } = page.store;
  assert.deepEqual([state.model, state.module, state.example, state.phase], ['demo', 2, 'e1', 'ready']);
  assert.equal(state.recording.clip, 'audio of e1');
  assert.equal(state.decoded.request.clip, 'audio of e1');
  assert.equal(state.notice, null);
});

test('what the address names but does not exist is listed in a notice', async () => {
  const page = open({ model: 'other', module: 9, example: 'e9' });
  await page.session.start();
  const { detail, kind } = page.store.state.notice;
  assert.equal(kind, 'note');
  for (const part of ['other', 'layer 9', 'e9']) assert.ok(detail.includes(part), part);
});

test('a clip of the address is opened from the server, or the page asks for its file', async () => {
  const known = open({ clip: 'c1', file: 'a.wav' }, { clips: ['c1'] });
  await known.session.start();
  assert.deepEqual([known.store.state.recording.name, known.store.state.recording.file], ['a.wav', null]);
  const unknown = open({ clip: 'c1', file: 'a.wav' });
  await unknown.session.start();
  assert.deepEqual([unknown.store.state.recording, unknown.store.state.phase], [null, 'asking']);
  await unknown.session.openFile(new Blob(['c1']), 'a.wav');
  assert.deepEqual([unknown.store.state.phase, unknown.store.state.notice], ['ready', null]);
});

test('another file than the one of the link is noted', async () => {
  const page = open({ clip: 'c1', file: 'a.wav' });
  await page.session.start();
  await page.session.openFile(new Blob(['c2']), 'b.wav');
  assert.match(page.store.state.notice.detail, /not the recording of the link \(a\.wav\)/);
});

test('a new recording clears the edits', async () => {
  const page = open();
  await page.session.start();
  const edits = withEdit(NO_EDITS, { dim: 1, op: 'add', value: 1, span: null });
  page.store.set({ editsByLayer: { 2: edits }, span: { start: 0, end: 0.5 } });
  await page.session.openExample('e2');
  assert.deepEqual([page.store.state.editsByLayer, page.store.state.span], [{}, null]);
  assert.match(page.store.state.notice.detail, /Edits cleared/);
  assert.equal(page.store.state.notice.keepEdits, true);
});

test('of two openings the later one wins', async () => {
  const page = open();
  await page.session.start();
  await Promise.all([page.session.openExample('e2'), page.session.openExample('e1')]);
  await idle(page);
  assert.equal(page.store.state.example, 'e1');
});

test('without models the page fails with a notice', async () => {
  const page = open({}, { models: [] });
  await page.session.start();
  assert.deepEqual([page.store.state.phase, page.store.state.notice.title], ['failed', 'No model']);
});
