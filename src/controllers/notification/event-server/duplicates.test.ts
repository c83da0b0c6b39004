import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import type { NotificationEvent } from '../event.ts';
import { Duplicates, duplicateKey } from './duplicates.ts';

const group = 'kustomize.toolkit.fluxcd.io';
const event: NotificationEvent = {
  involvedObject: { apiVersion: `${group}/v1`, kind: 'Kustomization', namespace: 'apps', name: 'app', uid: 'u1' },
  severity: 'info',
  timestamp: '2026-01-02T03:04:05Z',
  message: 'done',
  reason: 'Succeeded',
  metadata: { [`${group}/revision`]: 'r1', [`${group}/token`]: 't1', [`${group}/originRevision`]: 'o1' },
  reportingController: 'kustomize-controller',
  reportingInstance: '',
};
const about = event.involvedObject;
const { metadata } = event;

describe('duplicateKey', () => {
  const cases: readonly { name: string; other: Partial<NotificationEvent>; same: boolean }[] = [
    {
      name: 'time, reason, severity and sender',
      other: { timestamp: '', reason: 'X', severity: 'error', reportingInstance: 'b' },
      same: true,
    },
    {
      name: 'uid and resource version',
      other: { involvedObject: { ...about, uid: 'u2', resourceVersion: '9' } },
      same: true,
    },
    { name: 'other metadata', other: { metadata: { ...metadata, [`${group}/summary`]: 's' } }, same: true },
    { name: 'message', other: { message: 'done again' }, same: false },
    { name: 'name', other: { involvedObject: { ...about, name: 'b' } }, same: false },
    { name: 'namespace', other: { involvedObject: { ...about, namespace: 'b' } }, same: false },
    { name: 'kind', other: { involvedObject: { ...about, kind: 'HelmRelease' } }, same: false },
    { name: 'revision', other: { metadata: { ...metadata, [`${group}/revision`]: 'r2' } }, same: false },
    { name: 'token', other: { metadata: { ...metadata, [`${group}/token`]: 't2' } }, same: false },
    { name: 'origin revision', other: { metadata: { ...metadata, [`${group}/originRevision`]: 'o2' } }, same: false },
  ];
  for (const { name, other, same } of cases) {
    it(`${same ? 'does not ask for' : 'tells events apart by'} ${name}`, () => {
      assert.equal(duplicateKey({ ...event, ...other }) === duplicateKey(event), same);
    });
  }
});

describe('Duplicates', () => {
  it('knows a key for the interval from when it was added', () => {
    const clock = new ManualClock();
    const duplicates = new Duplicates(300_000, clock);
    const until = duplicates.add('a');
    assert.equal(until, clock.now() + 300_000);
    clock.advance(200_000);
    duplicates.add('b');
    assert.equal(duplicates.until('a'), until);
    assert.equal(duplicates.until('c'), undefined);
    clock.advance(100_000);
    assert.equal(duplicates.until('a'), undefined);
    assert.notEqual(duplicates.until('b'), undefined);
    assert.equal(duplicates.size, 1);
  });

  it('keeps no more than it has room for', () => {
    const duplicates = new Duplicates(300_000, new ManualClock());
    for (let i = 0; i <= 50_000; i += 1) duplicates.add(`key ${i}`);
    assert.equal(duplicates.size, 50_000);
    assert.equal(duplicates.until('key 0'), undefined);
    assert.notEqual(duplicates.until('key 1'), undefined);
  });

  it('refuses nothing for longer than the interval when the clock is set back', () => {
    const clock = new ManualClock();
    const duplicates = new Duplicates(300_000, clock);
    duplicates.add('a');
    clock.jump(-3_600_000);
    assert.equal(duplicates.until('a'), undefined);
  });
});
