import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Run, withRun } from './history.ts';

const run = (digest: string, reason: Run['reason'], at: number): Run => ({
  digest,
  reason,
  at,
  tookMs: 1500,
  metadata: { revision: `r${at}` },
});

test('a first run is recorded with its times', () => {
  assert.deepEqual(withRun(undefined, run('sha256:a', 'ReconciliationSucceeded', 1_000)), [
    {
      digest: 'sha256:a',
      firstReconciled: '1970-01-01T00:00:01Z',
      lastReconciled: '1970-01-01T00:00:01Z',
      lastReconciledDuration: '1.5s',
      lastReconciledStatus: 'ReconciliationSucceeded',
      metadata: { revision: 'r1000' },
      totalReconciliations: 1,
    },
  ]);
});

test('the same digest and status counts up and moves to the front, with the newest metadata', () => {
  const first = withRun(
    withRun(undefined, run('sha256:a', 'ReconciliationSucceeded', 1_000)),
    run('sha256:b', 'ReconciliationSucceeded', 2_000),
  );
  const again = withRun(first, run('sha256:a', 'ReconciliationSucceeded', 3_000));
  assert.deepEqual(
    again.map(({ digest, totalReconciliations, firstReconciled, metadata }) => [
      digest,
      totalReconciliations,
      firstReconciled,
      metadata?.['revision'],
    ]),
    [
      ['sha256:a', 2, '1970-01-01T00:00:01Z', 'r3000'],
      ['sha256:b', 1, '1970-01-01T00:00:02Z', 'r2000'],
    ],
  );
});

test('another status of the same digest is a run of its own', () => {
  const both = withRun(
    withRun(undefined, run('sha256:a', 'ReconciliationFailed', 1_000)),
    run('sha256:a', 'ReconciliationSucceeded', 2_000),
  );
  assert.deepEqual(
    both.map((snapshot) => snapshot.lastReconciledStatus),
    ['ReconciliationSucceeded', 'ReconciliationFailed'],
  );
});

test('five runs are kept, the newest first', () => {
  let history: ReturnType<typeof withRun> = [];
  for (let index = 1; index <= 7; index += 1)
    history = withRun(history, run(`sha256:${index}`, 'ReconciliationSucceeded', index * 1_000));
  assert.deepEqual(
    history.map((snapshot) => snapshot.digest),
    ['sha256:7', 'sha256:6', 'sha256:5', 'sha256:4', 'sha256:3'],
  );
});
