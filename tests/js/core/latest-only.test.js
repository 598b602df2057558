import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latestOnly } from '../../../frontend/core/latest-only.js';

/** Work that the test finishes. */
function controlled() {
  const jobs = [];
  const finish = [];
  const work = (job) => {
    jobs.push(job);
    return new Promise((resolve) => finish.push(resolve));
  };
  return { jobs, finish, work };
}

const tick = () => new Promise((resolve) => setImmediate(resolve));

test('only the latest of the waiting jobs runs', async () => {
  const { jobs, finish, work } = controlled();
  const { request, idle } = latestOnly(work, () => {});
  for (const job of [1, 2, 3, 4]) request(job);
  assert.deepEqual(jobs, [1], 'the first job starts at once');
  finish[0](true);
  await tick();
  assert.deepEqual(jobs, [1, 4]);
  finish[1](true);
  await idle();
  assert.deepEqual(jobs, [1, 4]);
});

test('an unfinished job runs again unless a newer one waits', async () => {
  const { jobs, finish, work } = controlled();
  const { request, idle } = latestOnly(work, () => {});
  request('a');
  finish[0](false);
  await tick();
  assert.deepEqual(jobs, ['a', 'a']);
  request('b');
  finish[1](false);
  await tick();
  assert.deepEqual(jobs, ['a', 'a', 'b']);
  finish[2](true);
  await idle();
});

test('the callback reports when work starts and when none is left', async () => {
  const { finish, work } = controlled();
  const states = [];
  const { request, idle } = latestOnly(work, (running) => states.push(running));
  request(1);
  request(2);
  finish[0](true);
  await tick();
  assert.deepEqual(states, [true, true]);
  finish[1](true);
  await idle();
  assert.deepEqual(states, [true, true, false]);
  await idle();
});

test('work that throws leaves the queue usable', async () => {
  let fails = true;
  const done = [];
  const { request, idle } = latestOnly(
    async (job) => {
      if (fails) throw new Error('broken');
      done.push(job);
      return true;
    },
    () => {},
  );
  request(1);
  await assert.rejects(idle(), /broken/);
  fails = false;
  request(2);
  await idle();
  assert.deepEqual(done, [2]);
});
