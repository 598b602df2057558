import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromAddress, toAddress } from '../../../frontend/core/address.js';
import { DEFAULT_CHOICE } from '../../../frontend/core/choice.js';

const choice = (patch) => ({ ...DEFAULT_CHOICE, ...patch });
const roundTrip = (patch) => assert.deepEqual(fromAddress(`#${toAddress(choice(patch))}`), choice(patch));

test('the defaults make an empty address', () => {
  assert.equal(toAddress(DEFAULT_CHOICE), '');
  assert.deepEqual(fromAddress(''), DEFAULT_CHOICE);
  assert.deepEqual(fromAddress('#'), DEFAULT_CHOICE);
});

test('recording, layer and starting latents survive a round trip', () => {
  roundTrip({
    model: 'demo',
    module: 3,
    example: 'a/b c',
    op: 'set',
    base: 'sample',
    seed: 7,
    span: { start: 0.25, end: 1 },
  });
  roundTrip({ clip: 'c1', file: 'größe & co.wav', base: 'prior', op: 'scale' });
});

test('edits are readable and survive a round trip', () => {
  const edits = [
    { dim: 12, op: 'add', value: 1.5, span: null },
    { dim: 3, op: 'set', value: -2, span: { start: 0.1, end: 0.35 } },
    { dim: 3, op: 'scale', value: 0.5, span: null },
  ];
  const editsByLayer = { 1: { edits, muted: [4, 9] }, 2: { edits: [], muted: [0] } };
  assert.equal(toAddress(choice({ editsByLayer })), 'edits1=12:1.5,3=-2@0.1-0.35,3*0.5&muted1=4,9&muted2=0');
  roundTrip({ editsByLayer });
});

test('the choices of each panel survive a round trip', () => {
  roundTrip({ panel: 'grid', grid: { module: 3, dim: 12, against: 5, steps: 8, low: -3, high: 3 } });
  roundTrip({ panel: 'grid', grid: { module: 1, dim: 2, against: null, steps: null, low: -1.5, high: 2 } });
  roundTrip({ panel: 'layers', probeChoice: { label: 'phone', measure: 'accuracy' } });
  roundTrip({ panel: 'map', map: { unit: 'frame', by: 'f0', projection: 'umap' } });
  roundTrip({ panel: 'prior', normality: { dim: 4 } });
  roundTrip({ panel: 'ensemble', ensembleChoice: { ensemble: 'e', spot: 2, figure: 'fusion' } });
  const match = { module: 1, dim: 2, toModule: 3, toDim: 4, sign: -1 };
  roundTrip({ panel: 'compare', compare: { ...DEFAULT_CHOICE.compare, by: 'models', secondModel: 'cpc', match } });
  roundTrip({
    panel: 'compare',
    compare: { ...DEFAULT_CHOICE.compare, by: 'clips', clip: 'c2', file: 'b.wav', share: 0.25, top: 3 },
  });
});

test('addresses of earlier versions still open', () => {
  assert.equal(fromAddress('#panel=compare&compare=kept').compare.by, 'snapshot');
  assert.equal(fromAddress('#panel=compare&compare=models&twin=cpc').compare.secondModel, 'cpc');
});

test('invalid parts take their defaults', () => {
  const text = 'module=x&op=divide&base=noise&seed=-1&panel=none&span=2-1&grid=3.1,8,5,2&top=0&share=2&match=1';
  const parsed = fromAddress(`#${text}`);
  assert.deepEqual(parsed, choice({ compare: { ...DEFAULT_CHOICE.compare, share: 1 } }));
});

test('invalid edits are left out, and values are clamped', () => {
  const { editsByLayer } = fromAddress('#edits1=1:99,x:1,2:1@3-2,3:0&muted1=2,2,y');
  assert.deepEqual(editsByLayer[1], { edits: [{ dim: 1, op: 'add', value: 10, span: null }], muted: [2] });
});

test('an example takes precedence over a clip', () => {
  const parsed = fromAddress('#example=e1&clip=c1&file=a.wav');
  assert.deepEqual([parsed.example, parsed.clip, parsed.file], ['e1', null, null]);
});
