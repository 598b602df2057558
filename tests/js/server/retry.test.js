import { jsonResponse, stubFetch } from '../support/browser.js';
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Problem, Unreachable } from '../../../frontend/server/problem.js';
import { createRetry, errorNotice } from '../../../frontend/server/retry.js';
import { openStore, RECORDING } from '../support/state.js';

const clipUnknown = (field = 'clip') =>
  new Problem(404, { type: '/problems/clip-unknown', title: 'Unknown clip', field }, null);
const busy = () => new Problem(503, { title: 'Busy' }, 0.001);
const always = () => true;

/** A request that throws the given errors, then answers. */
const failing = (...errors) => {
  const request = async () => {
    request.calls++;
    if (errors.length) throw errors.shift();
    return 'answer';
  };
  request.calls = 0;
  return request;
};

const encoded = {
  model: 'demo',
  clip: 'c1',
  duration: 1,
  waveform_peaks: { shape: [2, 1], dtype: 'float32', data: 'AAAAAAAAAAA=' },
  spectrogram: { values: { shape: [1, 1], dtype: 'float32', data: 'AAAAAA==' }, hop_seconds: 0.01, band_hz: [100] },
  modules: [],
};
let paths = [];
beforeEach(() => (paths = stubFetch(() => jsonResponse(encoded))));

test('an answer is returned if it is still wanted', async () => {
  const { once } = createRetry(openStore());
  assert.equal(await once(failing(), always, 'demo'), 'answer');
  const unwanted = failing();
  assert.equal(await once(unwanted, () => false, 'demo'), null);
  assert.equal(unwanted.calls, 0, 'an unwanted request is not sent');
  let wanted = true;
  const request = async () => ((wanted = false), 'late');
  assert.equal(await once(request, () => wanted, 'demo'), null);
});

test('a busy server is asked again, with a notice in the meantime', async () => {
  const store = openStore();
  const { once, untilAnswered } = createRetry(store);
  assert.equal(await once(failing(busy()), always, 'demo'), 'again');
  assert.equal(store.state.notice.title, 'The server is busy, trying again');
  const request = failing(busy(), busy());
  assert.equal(await untilAnswered(request, always, 'demo'), 'answer');
  assert.equal(request.calls, 3);
  assert.equal(store.state.notice, null, 'the notice disappears with the answer');
});

test('other errors are thrown', async () => {
  const { once } = createRetry(openStore());
  await assert.rejects(once(failing(new Problem(422, { title: 'Invalid' }, null)), always, 'demo'), Problem);
  await assert.rejects(once(failing(new TypeError('bug')), always, 'demo'), TypeError);
  assert.equal(await once(failing(new TypeError('bug')), () => false, 'demo'), null);
});

test('an evicted clip is encoded again from its file', async () => {
  const { untilAnswered } = createRetry(openStore());
  const request = failing(clipUnknown());
  assert.equal(await untilAnswered(request, always, 'demo'), 'answer');
  assert.deepEqual(paths, ['/encode']);
});

test('a clip that is evicted at once is not encoded for ever', async () => {
  const store = openStore();
  const { untilAnswered } = createRetry(store);
  assert.equal(await untilAnswered(failing(clipUnknown(), clipUnknown(), clipUnknown()), always, 'demo'), null);
  assert.deepEqual(paths, ['/encode']);
  assert.equal(store.state.notice.kind, 'error');
});

test('without its file the page asks for the recording', async () => {
  const store = openStore({ recording: { ...RECORDING, file: null } });
  assert.equal(await createRetry(store).once(failing(clipUnknown()), always, 'demo'), null);
  assert.deepEqual([store.state.phase, store.state.recording], ['asking', null]);
});

test('a second recording without its file is named in a notice', async () => {
  const store = openStore();
  const others = { to: { ...RECORDING, name: 'second.wav', clip: 'c2', file: null } };
  assert.equal(await createRetry(store).once(failing(clipUnknown('to')), always, 'demo', others), null);
  assert.match(store.state.notice.detail, /second\.wav/);
  assert.equal(store.state.recording, RECORDING, 'the open recording stays');
});

test('notices have the title of the problem, and unknown errors are rethrown', () => {
  const problem = new Problem(422, { title: 'Too long', detail: 'At most ten minutes.' }, null);
  assert.deepEqual(errorNotice(problem), { kind: 'error', title: 'Too long', detail: 'At most ten minutes.' });
  assert.equal(errorNotice(problem, 'Other').title, 'Other');
  assert.equal(errorNotice(new Unreachable('Down.')).title, 'No connection');
  assert.throws(() => errorNotice(new RangeError('bug')), RangeError);
});
