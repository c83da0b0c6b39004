import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KubeObject } from '../../../kube/object.ts';
import { hasJobFailed, isReadyForHelm3 } from './legacy-ready.ts';

function object(apiVersion: string, kind: string, spec: object, status: object): KubeObject {
  return { apiVersion, kind, metadata: { name: 'x', generation: 2 }, spec, status };
}

const rolling = (maxUnavailable: number | string): object => ({
  strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable, maxSurge: 1 } },
});
const deployment = (spec: object, status: object): KubeObject =>
  object('apps/v1', 'Deployment', { replicas: 4, ...spec }, { observedGeneration: 2, ...status });
const stateful = { updateStrategy: { type: 'RollingUpdate' }, replicas: 2 };
const daemon = { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } } };

describe('by the rules of Helm 3', () => {
  for (const [name, given, want] of [
    ['what it does not know is ready', object('example.com/v1', 'X', {}, {}), true],
    ['all replicas are', deployment(rolling(0), { replicas: 4, updatedReplicas: 4, readyReplicas: 4 }), true],
    ['too few replicas are not', deployment(rolling(0), { replicas: 4, updatedReplicas: 4, readyReplicas: 3 }), false],
    ['as many as must be are', deployment(rolling('25%'), { replicas: 4, updatedReplicas: 4, readyReplicas: 3 }), true],
    ['old replicas do not count', deployment(rolling(1), { replicas: 5, updatedReplicas: 3, readyReplicas: 4 }), false],
    ['nothing is before it was seen', deployment(rolling(4), { observedGeneration: 1 }), false],
    ['a Service with an address is', object('v1', 'Service', { clusterIP: '10.0.0.1' }, {}), true],
    [
      'a load balancer without one is not',
      object('v1', 'Service', { type: 'LoadBalancer', clusterIP: '10.0.0.1' }, { loadBalancer: {} }),
      false,
    ],
    ['a claim that waits is not', object('v1', 'PersistentVolumeClaim', {}, { phase: 'Pending' }), false],
    [
      'a set between two revisions is not',
      object('apps/v1', 'StatefulSet', stateful, {
        observedGeneration: 2,
        updatedReplicas: 2,
        readyReplicas: 2,
        currentRevision: 'a',
        updateRevision: 'b',
      }),
      false,
    ],
    [
      'a DaemonSet that may lack one is',
      object('apps/v1', 'DaemonSet', daemon, {
        observedGeneration: 2,
        desiredNumberScheduled: 3,
        updatedNumberScheduled: 3,
        numberReady: 2,
      }),
      true,
    ],
    ['a Job that has succeeded is', object('batch/v1', 'Job', { completions: 1 }, { succeeded: 1 }), true],
    ['a Job that runs is not', object('batch/v1', 'Job', { completions: 1 }, { active: 1 }), false],
  ] as const)
    it(name, () => assert.equal(isReadyForHelm3(given), want));

  it('a Job fails of its attempts', () =>
    assert.equal(hasJobFailed(object('batch/v1', 'Job', { backoffLimit: 0 }, { failed: 1 })), true));
});
