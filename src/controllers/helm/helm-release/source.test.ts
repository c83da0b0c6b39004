import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type HelmRelease, helmReleaseKind } from '../../../crds/helm/helm-release.ts';
import { Fault } from '../../../runtime/fault.ts';
import { findSource, type SourceObject, type SourceOptions, whyNotReady } from './source.ts';

const { signal } = new AbortController();
const artifact = { path: 'p', url: 'u', revision: '1.0.0', digest: 'sha256:a', lastUpdateTime: 't' };

function helmRelease(spec: Partial<HelmRelease['spec']>): HelmRelease {
  const metadata = { name: 'demo', namespace: 'apps' };
  return {
    apiVersion: helmReleaseKind.apiVersion,
    kind: helmReleaseKind.kind,
    metadata,
    spec: { interval: '1h', ...spec },
  };
}

const sourceRef = (namespace?: string) => ({
  chart: {
    spec: {
      chart: 'demo',
      version: '*',
      reconcileStrategy: 'ChartVersion' as const,
      sourceRef: { kind: 'HelmRepository' as const, name: 'charts', ...(namespace === undefined ? {} : { namespace }) },
    },
  },
});

function source(kind: string, status: SourceObject['status'] = {}): SourceObject {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind,
    metadata: { name: 'c', namespace: 'apps', generation: 2 },
    status,
  };
}

const condition = (type: string, status: 'True' | 'False', message: string) => ({
  type,
  status,
  reason: 'R',
  message,
  lastTransitionTime: 't',
});

describe('whyNotReady', () => {
  const cases: readonly (readonly [string, SourceObject, string | undefined])[] = [
    ['a chart that is there', source('HelmChart', { artifact, observedGeneration: 2 }), undefined],
    ['a new chart', source('HelmChart'), 'latest generation of object has not been reconciled'],
    [
      'a changed chart',
      source('HelmChart', { artifact, observedGeneration: 1 }),
      'latest generation of object has not been reconciled',
    ],
    [
      'a chart that fails',
      source('HelmChart', { observedGeneration: -1, conditions: [condition('Ready', 'False', 'no such chart')] }),
      'no such chart',
    ],
    [
      'a chart that is given up',
      source('HelmChart', { observedGeneration: 2, conditions: [condition('Stalled', 'True', 'wrong')] }),
      'wrong',
    ],
    ['a chart without artifact', source('HelmChart', { observedGeneration: 2 }), 'does not have an artifact'],
    ['an ExternalArtifact, whose generation says nothing', source('ExternalArtifact', { artifact }), undefined],
    ['an ExternalArtifact without artifact', source('ExternalArtifact'), 'does not have an artifact'],
  ];
  for (const [name, object, want] of cases)
    it(name, () => {
      assert.equal(
        whyNotReady(object),
        want === undefined ? undefined : `${object.kind} 'apps/c' is not ready: ${want}`,
      );
    });
});

describe('findSource', () => {
  const options = (parts: Partial<SourceOptions> = {}): SourceOptions => ({
    lookup: (kind, { namespace, name }) =>
      name === 'ghost' ? undefined : { ...source(kind), metadata: { namespace, name } },
    noCrossNamespaceRefs: false,
    allowExternalArtifact: true,
    ...parts,
  });
  const ref = (kind: 'HelmChart' | 'OCIRepository' | 'ExternalArtifact', name = 'c', namespace = 'apps') => ({
    chartRef: { kind, name, namespace },
  });

  it('finds the HelmChart that is made for the release, where its source is', async () => {
    const { kind, metadata } = await findSource(helmRelease(sourceRef('flux-system')), options(), signal);
    assert.deepEqual([kind, metadata.namespace, metadata.name], ['HelmChart', 'flux-system', 'apps-demo']);
  });

  for (const kind of ['HelmChart', 'OCIRepository', 'ExternalArtifact'] as const)
    it(`finds a ${kind} that is there already`, async () => {
      assert.equal((await findSource(helmRelease(ref(kind)), options(), signal)).kind, kind);
    });

  const failures: readonly {
    readonly name: string;
    readonly spec: Partial<HelmRelease['spec']>;
    readonly options?: Partial<SourceOptions>;
    readonly want: readonly [Fault['faultClass'], string, string];
  }[] = [
    {
      name: 'one that is not there',
      spec: ref('OCIRepository', 'ghost'),
      want: [
        'retry',
        'ArtifactFailed',
        'could not get Source object: OCIRepository.source.toolkit.fluxcd.io "ghost" not found',
      ],
    },
    {
      name: 'one that cannot be read',
      spec: ref('HelmChart'),
      options: { lookup: () => Promise.reject(new Error('forbidden')) },
      want: ['retry', 'ArtifactFailed', 'could not get Source object: forbidden'],
    },
    {
      name: 'another namespace where that is forbidden',
      spec: ref('HelmChart', 'c', 'other'),
      options: { noCrossNamespaceRefs: true },
      want: ['stalled', 'AccessDenied', 'cross-namespace references are not allowed: cannot access HelmChart other/c'],
    },
    {
      name: 'an ExternalArtifact without the feature gate',
      spec: ref('ExternalArtifact'),
      options: { allowExternalArtifact: false },
      want: [
        'stalled',
        'AccessDenied',
        "can't access 'ExternalArtifact/apps/c', ExternalArtifact feature gate is disabled",
      ],
    },
  ];
  for (const { name, spec, want, ...given } of failures)
    it(`refuses ${name}`, async () => {
      await assert.rejects(findSource(helmRelease(spec), options(given.options), signal), (error: unknown) => {
        assert.ok(error instanceof Fault);
        assert.deepEqual([error.faultClass, error.reason, error.message], want);
        return true;
      });
    });
});
