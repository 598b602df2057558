import { jsonResponse, stubFetch } from '../support/browser.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as api from '../../../frontend/server/api.js';
import { call, post } from '../../../frontend/server/http.js';

test('an error response is thrown as a problem with its fields', async () => {
  const body = { type: '/problems/no-decoder', title: 'No decoder', detail: 'Layer 1 has none.', field: 'module' };
  stubFetch(() => jsonResponse(body, 503, { 'Retry-After': '7' }));
  await assert.rejects(call('models'), (error) => {
    assert.ok(error instanceof api.Problem);
    assert.deepEqual(
      [error.status, error.title, error.message, error.field, error.noDecoder, error.busy, error.retryAfter],
      [503, 'No decoder', 'Layer 1 has none.', 'module', true, true, 7],
    );
    return true;
  });
});

test('an error without a JSON body has a general message', async () => {
  stubFetch(() => new Response('<html>', { status: 502 }));
  await assert.rejects(call('models'), { message: 'The server answered 502.', busy: false, retryAfter: null });
});

test('no response is an Unreachable', async () => {
  stubFetch(() => {
    throw new TypeError('network');
  });
  await assert.rejects(call('models'), api.Unreachable);
});

test('a body is posted as JSON, and names are escaped in paths', async () => {
  let sent;
  const paths = stubFetch((_, init) => ((sent = init), jsonResponse({ ok: true })));
  assert.deepEqual(await post('traverse', { dim: 3 }), { ok: true });
  assert.deepEqual([sent.method, sent.body, sent.headers['Content-Type']], ['POST', '{"dim":3}', 'application/json']);
  await api.model('a/b c');
  assert.deepEqual(paths, ['/traverse', '/models/a%2Fb%20c']);
});

test('a decoding has its duration, spectrogram and sound', async () => {
  stubFetch(() =>
    jsonResponse({
      samples: 8000,
      sample_rate: 16000,
      audio: 'UklGRg==',
      spectrogram: { values: { shape: [1, 1], dtype: 'float32', data: 'AAAgwQ==' }, hop_seconds: 0.01, band_hz: [100] },
      prior_distance: { rms: 1.5, beyond: 0.4, typical: null, least: null },
    }),
  );
  globalThis.WebSocket = class {
    static OPEN = 1;
  };
  const request = { model: 'demo', module: 1, base: 'mean', seed: 0, edits: [] };
  const decoded = await api.decode(request);
  assert.equal(decoded.duration, 0.5);
  assert.deepEqual([...decoded.spectrogram.values], [-10]);
  assert.equal(Buffer.from(await decoded.audio).toString(), 'RIFF');
  assert.deepEqual([decoded.prior.rms, decoded.limited], [1.5, false]);
});
