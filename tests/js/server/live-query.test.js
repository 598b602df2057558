import '../support/browser.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLiveQuery } from '../../../frontend/server/live-query.js';
import { Problem } from '../../../frontend/server/problem.js';
import { openStore, settle } from '../support/state.js';

/** Resolves when no request of the store is pending. */
async function nothingPending(store) {
  while (store.state.pending.length) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** A query that depends on the seed; seed 0 requests nothing. */
function seedQuery(options = {}) {
  const store = openStore();
  const log = { asked: [], shown: [], aborted: 0 };
  const query = createLiveQuery(store, {
    name: 'cell',
    keys: ['seed'],
    request: ({ seed, model }) => (seed ? { model, seed } : null),
    ask: async (request, signal) => {
      log.asked.push(request.seed);
      signal.addEventListener('abort', () => log.aborted++);
      await settle();
      return `answer ${request.seed}`;
    },
    show: (answer, request) => log.shown.push([answer, request?.seed ?? null]),
    ...options,
  });
  return { store, log, query };
}

test('expensive requests wait for the state to rest', async () => {
  const { store, log } = seedQuery();
  for (const seed of [1, 2, 3]) store.set({ seed });
  assert.deepEqual(log.asked, []);
  assert.deepEqual(store.state.pending, ['cell']);
  await nothingPending(store);
  assert.deepEqual(log.asked, [3]);
  assert.deepEqual(log.shown, [['answer 3', 3]]);
  assert.deepEqual(store.state.pending, []);
});

test('an equal request is not sent again', async () => {
  const { store, log } = seedQuery({ live: true });
  store.set({ seed: 1 });
  await nothingPending(store);
  store.set({ seed: 2 });
  store.set({ seed: 2 });
  await nothingPending(store);
  assert.deepEqual(log.asked, [1, 2]);
});

test('a live query sends the first request at once and then the latest', async () => {
  const { store, log, query } = seedQuery({ live: true });
  for (const seed of [1, 2, 3, 4]) store.set({ seed });
  assert.deepEqual(log.asked, [1]);
  await query.settled();
  assert.deepEqual(log.asked, [1, 4]);
  assert.deepEqual(
    log.shown.map(([answer]) => answer),
    ['answer 1', 'answer 4'],
  );
});

test('nothing to request aborts the running request and clears the answer', async () => {
  const { store, log } = seedQuery({ live: true });
  store.set({ seed: 1 });
  store.set({ seed: 0 });
  assert.equal(log.aborted, 1);
  await nothingPending(store);
  assert.deepEqual(log.shown, [[null, null]]);
  assert.deepEqual(store.state.pending, []);
});

test('an error clears the answer and shows a notice', async () => {
  const ask = async () => {
    throw new Problem(422, { title: 'Invalid request', detail: 'No such dimension.' }, null);
  };
  const { store, log } = seedQuery({ live: true, ask });
  store.set({ seed: 1 });
  await nothingPending(store);
  assert.deepEqual(log.shown, [[null, 1]]);
  assert.equal(store.state.notice.title, 'Invalid request');
  assert.deepEqual(store.state.pending, []);
});
