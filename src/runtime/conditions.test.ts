import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Condition } from '../crds/meta/condition.ts';
import { isReady, keepTransitionTimes, removeConditions, setCondition, summarize } from './conditions.ts';
import { gitRepositoryPolicy } from './policies.ts';

const now = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const then = '2025-12-31T00:00:00Z';

function condition(
  type: string,
  status: Condition['status'],
  reason = 'R',
  observedGeneration = 1,
  message = 'm',
): Condition {
  return { type, status, reason, message, observedGeneration, lastTransitionTime: then };
}

describe('setCondition', () => {
  it('adds a condition with the time in whole seconds', () => {
    const [added] = setCondition([], { type: 'Ready', status: 'True', reason: 'R', message: 'm' }, 3, now);
    assert.deepEqual(added, {
      type: 'Ready',
      status: 'True',
      reason: 'R',
      message: 'm',
      observedGeneration: 3,
      lastTransitionTime: '2026-01-02T03:04:05Z',
    });
  });

  for (const { name, change, moved } of [
    { name: 'keeps the time when nothing changed', change: {}, moved: false },
    { name: 'moves the time with the status', change: { status: 'False' as const }, moved: true },
    { name: 'moves the time with the reason', change: { reason: 'Other' }, moved: true },
    { name: 'moves the time with the message', change: { message: 'other' }, moved: true },
  ]) {
    it(name, () => {
      const input = { type: 'Ready', status: 'True' as const, reason: 'R', message: 'm', ...change };
      const [set] = setCondition([condition('Ready', 'True')], input, 2, now);
      assert.equal(set?.observedGeneration, 2);
      assert.equal(set.lastTransitionTime, moved ? '2026-01-02T03:04:05Z' : then);
    });
  }

  it('orders as Flux does: Stalled or Reconciling, Ready, newer generations, names', () => {
    let conditions: readonly Condition[] = [
      condition('FetchFailed', 'True', 'R', 1),
      condition('ArtifactInStorage', 'True', 'R', 1),
    ];
    for (const type of ['Ready', 'SourceVerified', 'Reconciling']) {
      conditions = setCondition(conditions, { type, status: 'True', reason: 'R', message: 'm' }, 2, now);
    }
    const types = conditions.map(({ type }) => type);
    assert.deepEqual(types, ['Reconciling', 'Ready', 'SourceVerified', 'ArtifactInStorage', 'FetchFailed']);
  });

  it('lets Reconciling and Stalled exclude each other', () => {
    const stalled = setCondition(
      [condition('Reconciling', 'True')],
      { type: 'Stalled', status: 'True', reason: 'R', message: '' },
      1,
      now,
    );
    assert.deepEqual(
      stalled.map(({ type }) => type),
      ['Stalled'],
    );
    const again = setCondition(stalled, { type: 'Reconciling', status: 'True', reason: 'R', message: '' }, 1, now);
    assert.deepEqual(
      again.map(({ type }) => type),
      ['Reconciling'],
    );
  });

  it('cuts messages at what the API server takes', () => {
    const [set] = setCondition([], { type: 'Ready', status: 'True', reason: 'R', message: 'x'.repeat(40_000) }, 1, now);
    assert.equal(set?.message.length, 32_768);
    assert.ok(set.message.endsWith('x...'));
  });
});

it('a condition that was left and entered again keeps its time', () => {
  const written = [condition('Ready', 'True'), condition('Healthy', 'True')];
  const unknown = setCondition(written, { type: 'Ready', status: 'Unknown', reason: 'P', message: '' }, 1, now);
  const back = setCondition(unknown, { type: 'Ready', status: 'True', reason: 'R', message: 'm' }, 1, now);
  assert.equal(back.find(({ type }) => type === 'Ready')?.lastTransitionTime, '2026-01-02T03:04:05Z');
  assert.ok(keepTransitionTimes(back, written).every(({ lastTransitionTime }) => lastTransitionTime === then));
});

describe('isReady', () => {
  for (const { name, conditions, want } of [
    { name: 'Ready alone', conditions: [condition('Ready', 'True')], want: true },
    { name: 'nothing', conditions: [], want: false },
    {
      name: 'while reconciling',
      conditions: [condition('Ready', 'True'), condition('Reconciling', 'True')],
      want: false,
    },
    { name: 'stalled', conditions: [condition('Ready', 'True'), condition('Stalled', 'True')], want: false },
    { name: 'Ready unknown', conditions: [condition('Ready', 'Unknown')], want: false },
  ]) {
    it(name, () => assert.equal(isReady(conditions), want));
  }
});

describe('summarize for a source', () => {
  const rule = gitRepositoryPolicy.summary;
  assert.ok(rule);
  for (const { name, conditions, want } of [
    { name: 'nothing to sum up', conditions: [condition('Ready', 'True')], want: undefined },
    {
      name: 'an artifact in storage is good',
      conditions: [condition('ArtifactInStorage', 'True', 'Succeeded')],
      want: 'True Succeeded',
    },
    {
      name: 'a failed fetch goes before a stored artifact and before reconciling',
      conditions: [
        condition('Reconciling', 'True', 'ProgressingWithRetry'),
        condition('ArtifactInStorage', 'True', 'Succeeded'),
        condition('FetchFailed', 'True', 'GitOperationFailed'),
      ],
      want: 'False GitOperationFailed',
    },
    {
      name: 'of two failures the storage speaks',
      conditions: [condition('FetchFailed', 'True', 'F'), condition('StorageOperationFailed', 'True', 'S')],
      want: 'False S',
    },
    {
      name: 'an unverified source is not ready, whatever else failed',
      conditions: [condition('SourceVerified', 'False', 'V'), condition('FetchFailed', 'True', 'F')],
      want: 'False V',
    },
    {
      name: 'a verified source stands behind its artifact',
      conditions: [condition('SourceVerified', 'True', 'V'), condition('ArtifactInStorage', 'True', 'A')],
      want: 'True A',
    },
    {
      name: 'a negative condition that is False is good',
      conditions: [condition('FetchFailed', 'False', 'F')],
      want: 'True F',
    },
    { name: 'unknown is last', conditions: [condition('ArtifactInStorage', 'Unknown', 'A')], want: 'Unknown A' },
  ]) {
    it(name, () => {
      const ready = summarize(conditions, rule);
      assert.equal(ready && `${ready.status} ${ready.reason}`, want);
    });
  }
});

it('removeConditions leaves the others', () => {
  const left = removeConditions([condition('Ready', 'True'), condition('Stalled', 'True')], 'Stalled', 'Healthy');
  assert.deepEqual(
    left.map(({ type }) => type),
    ['Ready'],
  );
});
