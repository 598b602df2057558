import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ipaOf } from '../../../frontend/core/phones.js';

test('espeak-ng mnemonics are shown in IPA', () => {
  const phones = ['A:', '0', 'i@', 'tS', 'D', 'N', 'r', 'g', 'b', 'aI'];
  assert.deepEqual(phones.map(ipaOf(phones)), ['ɑː', 'ɒ', 'iə', 'tʃ', 'ð', 'ŋ', 'ɹ', 'ɡ', 'b', 'aɪ']);
});

test('ARPABET is recognised by the inventory and shown in IPA', () => {
  const phones = ['AA1', 'S', 'D', 'NG', 'IY0', 'sil'];
  assert.deepEqual(phones.map(ipaOf(phones)), ['ɑ', 's', 'd', 'ŋ', 'i', 'sil']);
  const lower = ['ax', 's', 'dh', 'pau'];
  assert.deepEqual(lower.map(ipaOf(lower)), ['ə', 's', 'ð', 'pau']);
});

test('IPA and other labels stay as they are', () => {
  const phones = ['ɑː', 'θ', 'silence', ''];
  assert.deepEqual(phones.map(ipaOf(phones)), phones);
});
