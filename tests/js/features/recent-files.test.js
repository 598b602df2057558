import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withRecent } from '../../../frontend/features/sources/recent-files.js';

const file = (clip, name = `${clip}.wav`) => ({ clip, name, file: new Blob([clip]), duration: 1 });

test('new files come first, and at most eight are kept', () => {
  const files = 'abcdefghij'.split('').reduce((recent, clip) => withRecent(recent, file(clip)), []);
  assert.equal(files.map(({ clip }) => clip).join(''), 'jihgfedc');
});

test('a known file keeps its place and takes its new name', () => {
  const files = withRecent([file('a'), file('b')], file('b', 'new.wav'));
  assert.deepEqual(
    files.map(({ name }) => name),
    ['a.wav', 'new.wav'],
  );
});
