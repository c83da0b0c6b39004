import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CelError } from '../engines/cel/cel.ts';
import type { KubeObject } from '../kube/object.ts';
import { healthExpressions } from './health-expressions.ts';

const object = (kind: string, fields: object, apiVersion = 'example.org/v1'): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: 'a', namespace: 'ns', generation: 2 },
  ...fields,
});

test('objects are judged by in progress, failed and current, in this order', () => {
  const judge = healthExpressions([
    {
      apiVersion: 'example.org/v1',
      kind: 'Database',
      inProgress: "status.phase == 'starting'",
      failed: "status.phase in ['broken', 'starting']",
      current: "status.phase == 'running'",
    },
  ]);
  const phase = (text: string) => judge(object('Database', { status: { phase: text } }))?.status;
  assert.deepEqual(['starting', 'broken', 'running', 'other'].map(phase), [
    'InProgress',
    'Failed',
    'Current',
    'InProgress',
  ]);
  assert.equal(judge(object('Other', {})), undefined, 'others are left to kstatus');
  const behind = object('Database', { status: { phase: 'running', observedGeneration: 1 } });
  assert.equal(judge(behind)?.status, 'InProgress', 'nothing is said of an older generation');
  assert.equal(judge(object('Database', {}))?.status, 'Unknown', 'a field that is missing is no answer');
});

test('a rule without a kind is about all kinds of the group that have none of their own', () => {
  const judge = healthExpressions([
    { apiVersion: 'example.org/v1', current: 'true' },
    { apiVersion: 'example.org/v1', kind: 'Own', current: 'false' },
  ]);
  assert.equal(judge(object('Any', {}))?.status, 'Current');
  assert.equal(judge(object('Own', {}))?.status, 'InProgress');
  assert.equal(judge(object('Any', {}, 'other.org/v1')), undefined);
});

test('two rules for one kind, and expressions that are none, are refused', () => {
  const rule = { apiVersion: 'example.org/v1', kind: 'Own', current: 'true' };
  assert.throws(() => healthExpressions([rule, rule]), { name: 'CelError', message: /duplicate custom health check/ });
  assert.throws(() => healthExpressions([{ ...rule, failed: 'status.' }]), CelError);
  assert.throws(() => healthExpressions([{ ...rule, current: '' }]), /Current not specified/);
});

test('an expression that explodes is given up, once for all objects', () => {
  const bomb = 'data.l.all(a, data.l.all(b, data.l.all(c, true)))';
  const judge = healthExpressions([{ apiVersion: 'v1', kind: 'ConfigMap', current: bomb }]);
  const big = object('ConfigMap', { data: { l: Array.from({ length: 300 }, (_, index) => index) } }, 'v1');
  const start = performance.now();
  for (let count = 0; count < 1_000; count++) {
    const found = judge(big);
    assert.equal(found?.status, 'Unknown');
    assert.match(found.message, /the expression takes too (many steps|long)/);
  }
  assert.ok(performance.now() - start < 5_000);
});
