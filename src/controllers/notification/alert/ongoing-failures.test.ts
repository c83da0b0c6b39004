import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apiError } from '../../../../test/support/fake-client.ts';
import type { Client, ListOptions } from '../../../kube/client.ts';
import type { KubeObject, ResourceType } from '../../../kube/object.ts';
import { silentLogger } from '../../../runtime/logging.ts';
import { resumeFailures } from './ongoing-failures.ts';
import type { AlertObject } from './sources.ts';
import { alertNamed } from './testing.ts';

const annotations = { 'sluice.dev/recovery': 'enabled' };

function kustomization(name: string, status: string, reason: string, message = 'it broke'): KubeObject {
  const conditions = [{ type: 'Ready', status, reason, message, lastTransitionTime: '2026-01-02T03:04:05Z' }];
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name },
    status: { conditions },
  };
}

const objects: readonly KubeObject[] = [
  kustomization('failed', 'False', 'BuildFailed'),
  kustomization('quiet', 'False', 'BuildFailed', 'only noise'),
  kustomization('waits', 'False', 'DependencyNotReady'),
  kustomization('well', 'True', 'ReconciliationSucceeded'),
  kustomization('works', 'Unknown', 'Progressing'),
  { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', metadata: { name: 'new' } },
];

/** What is resumed and asked for, given the Alerts and how the API server answers. */
async function outcome(alerts: readonly AlertObject[], answer: () => readonly KubeObject[] = () => objects) {
  const resumed: string[] = [];
  const asked: string[] = [];
  const list = async ({ plural }: ResourceType, { namespace, labelSelector = '' }: ListOptions = {}) => {
    asked.push(`${plural} ${namespace} ${labelSelector}`.trim());
    return answer();
  };
  await resumeFailures(
    alerts,
    {
      client: { list: list as Client['list'] },
      incidents: {
        resume: ({ metadata }, _extensions, { kind, namespace, name }, since) =>
          resumed.push(`${metadata.name}: ${kind}/${namespace}/${name} ${new Date(since).toISOString()}`),
      },
      noCrossNamespaceRefs: true,
      log: silentLogger,
    },
    new AbortController().signal,
  );
  return { resumed, asked };
}

describe('resumeFailures', () => {
  it('finds what fails, as far as the Alert would have told it', async () => {
    const alert = alertNamed({ exclusionList: ['noise'] }, { annotations });
    assert.deepEqual(await outcome([alert]), {
      resumed: ['alert: Kustomization/apps/failed 2026-01-02T03:04:05.000Z'],
      asked: ['kustomizations apps'],
    });
  });

  it('asks only for Alerts that tell of recoveries, and only what they may be about', async () => {
    const eventSources = [
      { kind: 'Kustomization', name: '*', matchLabels: { team: 'blue', tier: 'a' } },
      { kind: 'Kustomization', name: 'other' },
      { kind: 'HelmRelease', name: '*', namespace: 'elsewhere' },
    ] as const;
    const alerts = [
      alertNamed(),
      alertNamed({ suspend: true }, { annotations }),
      alertNamed({ eventSources }, { annotations, name: 'third' }),
    ];
    const { resumed, asked } = await outcome(alerts);
    assert.deepEqual(asked, ['kustomizations apps team=blue,tier=a', 'kustomizations apps']);
    assert.deepEqual(
      resumed.map((text) => text.split(' ', 2)[1]),
      ['Kustomization/apps/failed', 'Kustomization/apps/quiet'],
    );
  });

  it('passes over a kind that is not installed, and what cannot be learnt', async () => {
    const alert = alertNamed({}, { annotations });
    for (const error of [apiError(404, 'NotFound', 'no'), apiError(403, 'Forbidden', 'no')]) {
      const { resumed } = await outcome([alert], () => {
        throw error;
      });
      assert.deepEqual(resumed, []);
    }
  });
});
