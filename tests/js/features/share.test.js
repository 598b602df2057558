import '../support/browser.js';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { digestOf } from '../../../frontend/core/digest.js';
import { NO_EDITS, withEdit } from '../../../frontend/core/edits.js';
import { decodeRequest } from '../../../frontend/core/state.js';
import { captionOf } from '../../../frontend/features/share/caption.js';
import { latentsOf } from '../../../frontend/features/share/decoder-latents.js';
import { editedLatents, frameSpan, framesOf } from '../../../frontend/features/share/edited-latents.js';
import { npyOf } from '../../../frontend/features/share/npy.js';
import { recipeOf } from '../../../frontend/features/share/recipe.js';
import { httpCode, libraryCode } from '../../../frontend/features/share/snippets.js';
import { MODEL, openStore } from '../support/state.js';

const editsByLayer = {
  1: withEdit(withEdit(NO_EDITS, { dim: 1, op: 'add', value: 1.5, span: null }), {
    dim: 2,
    op: 'set',
    value: -2,
    span: { start: 0.1, end: 0.3 },
  }),
};

function recipe(patch = {}, digest = 'd1') {
  const store = openStore({ editsByLayer, ...patch });
  store.set({ decoded: { duration: 1, request: decodeRequest(store.state) } });
  return recipeOf(store.state, digest);
}

test('a recipe has the model, the recording, the request and the digest', () => {
  assert.deepEqual(recipe(), {
    made_with: 'SIM Explorer',
    model: { name: 'demo', digest: 'abc', sample_rate: 16000 },
    recording: { file: 'hello.wav' },
    decode: {
      model: 'demo',
      module: 1,
      clip: 'c1',
      base: 'mean',
      seed: 0,
      edits: [
        { dim: 1, op: 'add', value: 1.5 },
        { dim: 2, op: 'set', value: -2, start: 0.1, end: 0.3 },
      ],
    },
    wav_sha256: 'd1',
  });
  assert.deepEqual(recipe({ example: 'e1' }).recording, { example: 'e1' });
  assert.equal(recipe({ recording: null, base: 'prior' }).recording, null);
  assert.equal(recipeOf(openStore().state, null), null, 'without a sound there is no recipe');
});

test('the caption names source, model, layer and edits', () => {
  const [source, edits] = captionOf(recipe());
  for (const part of ['hello.wav', 'demo', '1']) assert.ok(source.includes(part), part);
  assert.ok(edits.includes('dimension 1 shifted by +1.5'));
  assert.ok(edits.includes('dimension 2 set to −2 from 0.10 s to 0.30 s'));
  const many = Array.from({ length: 15 }, (_, dim) => ({ dim, op: 'scale', value: 2 }));
  assert.match(captionOf({ ...recipe(), decode: { ...recipe().decode, edits: many } })[1], /and 3 more/);
  assert.match(captionOf(recipe({ recording: null, base: 'prior', seed: 9 }))[0], /No recording.*seed 9/);
});

test('the digest is the SHA-256 of the sound', async () => {
  const bytes = Uint8Array.from([1, 2, 3]);
  const expected = createHash('sha256').update(bytes).digest('hex');
  assert.equal(await digestOf(Promise.resolve(bytes.buffer)), expected);
  assert.equal(await digestOf(Promise.reject(new Error('lost'))), null);
});

/** Whether Python accepts the code; skipped where there is no python3. */
function checkPython(context, code) {
  const check = 'import ast, sys; ast.parse(sys.stdin.read())';
  const { error, status, stderr } = spawnSync('python3', ['-c', check], { input: code, encoding: 'utf8' });
  if (error) return context.skip('python3 is not installed');
  assert.equal(status, 0, stderr);
}

test('the code via the HTTP API is valid Python and has every part of the request', (context) => {
  const code = httpCode(recipe(), 'http://localhost:8000', 'out.wav');
  checkPython(context, code);
  for (const part of [
    'SERVER = "http://localhost:8000"',
    '"module": 1',
    '{"dim": 2, "op": "set", "value": -2, "start": 0.1, "end": 0.3}',
    'open("hello.wav", "rb")',
    'open("out.wav", "wb")',
    '"d1"',
  ])
    assert.ok(code.includes(part), part);
  assert.ok(!code.includes('c1'), 'the hash of the clip is computed by the server');
  checkPython(context, httpCode(recipe({ recording: null, base: 'prior' }, null), 'http://h', 'o.wav'));
  assert.ok(httpCode(recipe({ example: 'a b' }), 'http://h', 'o.wav').includes('/models/demo/examples/a%20b'));
});

test('the code with the Python library is valid Python for every kind of latents', (context) => {
  for (const base of ['mean', 'sample', 'prior', 'zero']) {
    const code = libraryCode(recipe({ base, seed: 7 }), 'out.wav');
    checkPython(context, code);
    assert.ok(code.includes('"abc"'), 'it checks the digest of the model');
    if (base === 'sample' || base === 'prior') assert.ok(code.includes('7'));
  }
  checkPython(context, libraryCode(recipe({ recording: null, base: 'zero' }, null), 'o.wav'));
});

test('text in file names is quoted', (context) => {
  const recording = { ...openStore().state.recording, name: 'a"\n\\.wav' };
  checkPython(context, httpCode(recipe({ recording }), 'http://h', 'b"\\.wav'));
  checkPython(context, libraryCode(recipe({ recording }), 'b"\\.wav'));
});

test('an npy file has an aligned header and little-endian float32 values', async () => {
  const file = Buffer.from(await npyOf(Float32Array.from([1, 2, 3, 4, 5, 6]), [2, 3]).arrayBuffer());
  assert.deepEqual([...file.subarray(0, 8)], [0x93, ...Buffer.from('NUMPY'), 1, 0]);
  const start = 10 + file.readUInt16LE(8);
  assert.equal(start % 64, 0);
  const header = file.subarray(10, start).toString();
  assert.match(header, /'descr': '<f4', 'fortran_order': False, 'shape': \(2, 3\)/);
  assert.ok(header.endsWith('\n'));
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5].map((index) => file.readFloatLE(start + 4 * index)),
    [1, 2, 3, 4, 5, 6],
  );
  assert.match(Buffer.from(await npyOf(new Float32Array(3), [3]).arrayBuffer()).toString('latin1'), /\(3,\)/);
});

const FRAMES = { rate: 16000, hop: 160, centre: 320 };

test('frames are whole samples although the API rounds seconds', () => {
  assert.deepEqual(framesOf({ hop_seconds: 0.01, first_frame_seconds: 0.02 }, 16000), FRAMES);
  assert.equal(framesOf({ hop_seconds: 0.01, first_frame_seconds: 0.01453125 }, 16000).centre, 232.5);
});

test('a span covers the frames centred in it, and at least the closest one', () => {
  assert.deepEqual(frameSpan({}, 10, FRAMES), [0, 10]);
  assert.deepEqual(frameSpan({ start: 0.02, end: 0.04 }, 10, FRAMES), [0, 2], 'the end is excluded');
  assert.deepEqual(frameSpan({ start: 0.021, end: 0.041 }, 10, FRAMES), [1, 3]);
  assert.deepEqual(frameSpan({ start: 0.031, end: 0.033 }, 10, FRAMES), [1, 2]);
  assert.deepEqual(frameSpan({ start: 5, end: 6 }, 10, FRAMES), [9, 10]);
});

test('edits are applied in order, in float32, without changing the input', () => {
  const base = Float32Array.from([1, 1, 1, 2, 2, 2]);
  const edits = [
    { dim: 0, op: 'add', value: 0.1 },
    { dim: 1, op: 'set', value: 5, start: 0.03, end: 0.04 },
    { dim: 0, op: 'scale', value: 2 },
  ];
  const edited = editedLatents(base, 3, edits, FRAMES);
  const expected = Math.fround(Math.fround(1 + Math.fround(0.1)) * 2);
  assert.deepEqual([...edited], [expected, expected, expected, 2, 5, 2]);
  assert.deepEqual([...base], [1, 1, 1, 2, 2, 2]);
});

test('the latents for download are those of the mean or zero, after the edits', () => {
  const frames = 100;
  const latents = { clip: 'c1', model: 'demo', module: 1, dims: 4, frames, mean: new Float32Array(4 * frames).fill(1) };
  const { values, shape } = latentsOf(openStore({ editsByLayer, latents }).state);
  assert.deepEqual(shape, [4, 100]);
  assert.deepEqual([values[0], values[frames], values[2 * frames], values[2 * frames + 10]], [1, 2.5, 1, -2]);
  assert.deepEqual(latentsOf(openStore({ base: 'zero' }).state).values, new Float32Array(4 * frames));
  for (const patch of [{ base: 'sample', latents }, { latents: null }, { recording: null }, { modelInfo: null }])
    assert.equal(typeof latentsOf(openStore(patch).state), 'string', JSON.stringify(Object.keys(patch)));
  assert.equal(MODEL.modules[0].dims, 4);
});
