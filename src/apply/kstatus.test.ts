import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { KubeObject } from '../kube/object.ts';
import { status } from './kstatus.ts';

interface Recorded {
  readonly object: KubeObject;
  readonly status: string;
  /** Absent for Unknown, whose texts are ours. */
  readonly message?: string;
}

const now = Date.parse('2026-01-01T00:00:00Z');

test('gives what kstatus gives (recorded with cli-utils v1.2.2, Jobs with fluxcd/pkg/runtime)', () => {
  const lines = readFileSync(join(import.meta.dirname, 'testdata/kstatus.jsonl'), 'utf8')
    .trim()
    .split('\n');
  assert.ok(lines.length > 250);
  for (const line of lines) {
    const recorded = JSON.parse(line) as Recorded;
    const found = status(recorded.object, now);
    assert.equal(found.status, recorded.status, line);
    if (recorded.message !== undefined) assert.equal(found.message, recorded.message, line);
  }
});

test('a Pod without a node fails after 15 seconds', () => {
  const pod: KubeObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', creationTimestamp: '2026-01-01T00:00:00Z' },
    status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }] },
  };
  assert.equal(status(pod, now + 14_999).status, 'InProgress');
  assert.equal(status(pod, now + 15_000).status, 'Failed');
});

test('no object makes it throw', () => {
  const kinds = fc.constantFrom('apps/v1 Deployment', 'apps/v1 DaemonSet', 'v1 Pod', 'batch/v1 Job', 'a.b/v1 Thing');
  fc.assert(
    fc.property(kinds, fc.jsonValue(), fc.jsonValue(), (kind, spec, value) => {
      const [apiVersion = '', name = ''] = kind.split(' ');
      const object = { apiVersion, kind: name, metadata: { name: 'x', generation: 1 }, spec, status: value };
      return status(object as KubeObject, now).status !== undefined;
    }),
    { seed: 1 },
  );
});
