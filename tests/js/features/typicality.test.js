import assert from 'node:assert/strict';
import { test } from 'node:test';
import { typicalityOf } from '../../../frontend/features/typicality/model.js';

const prior = (least, beyond = 0.4) => ({ rms: 1, beyond, typical: 0.5, least });

test('the least typical frame decides, on both sides', () => {
  const far = typicalityOf(prior({ share: 0, at: 0.416, side: 'far', frames: 30 }));
  assert.deepEqual([far.state, far.words], ['outside', 'Outside the training data']);
  assert.match(far.title, /^The least typical of 30 frames, at 0\.42 s, is farther from the training frames than/);
  assert.match(far.title, /: none of them are farther apart\. The decoder was trained on almost no such latents/);
  const near = typicalityOf(prior({ share: 0.02, at: 1.2, side: 'near', frames: 1 }));
  assert.deepEqual([near.state, near.words], ['edge', 'Unusual for the training data']);
  assert.match(
    near.title,
    /^The frame at 1\.20 s is closer to the training frames than usual: 1 % of them are closer together\. /,
  );
});

test('one unusual frame of many is expected', () => {
  assert.equal(typicalityOf(prior({ share: 0.02, at: 0, side: 'far', frames: 50 })).state, 'within');
  assert.equal(typicalityOf(prior({ share: 0.0009, at: 0, side: 'far', frames: 1 })).state, 'outside');
  assert.equal(typicalityOf(prior({ share: 0.0009, at: 0, side: 'far', frames: 50 })).state, 'edge');
});

test('many unusual frames are not expected', () => {
  const least = { share: 0.004, at: 0, side: 'near', frames: 200 };
  const found = typicalityOf({ ...prior(least), typical: 0.005 });
  assert.equal(found.state, 'edge');
  assert.match(found.title, /Half of the frames are as unusual as the most extreme 0\.5 % of the training frames\./);
});

test('without reference frames the RMS decides', () => {
  const words = (beyond) => typicalityOf(prior(null, beyond)).words;
  assert.equal(words(0.41), 'Typical of training data (41st percentile)');
  assert.equal(words(0.12), 'Typical of training data (12th percentile)');
  assert.equal(words(0.03), 'Unusual for the training data (3rd percentile)');
  assert.equal(words(0.0005), 'Outside the training data (below the 1st percentile)');
  assert.match(
    typicalityOf(prior(null, 0.005)).title,
    /^0\.5 % of the training frames lie farther from zero than these latents\. /,
  );
  assert.equal(typicalityOf(prior(null, null)), null);
  assert.equal(typicalityOf(null), null);
});
