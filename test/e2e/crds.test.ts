import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { allKinds } from '../../src/crds/all.ts';
import type { OpenApi } from '../../src/crds/schema/schema.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { waitFor } from '../support/wait-for.ts';

const folder = join(import.meta.dirname, '../../config/crd');
const files = readdirSync(folder).filter((name) => name !== 'kustomization.yaml');

type Spec = Readonly<Record<string, unknown>>;

const ref = { name: 'x' };
const gitRef = { kind: 'GitRepository', name: 'x' };
const long = 'x'.repeat(3000);

/** The least that each kind asks for. */
const valid: Readonly<Record<string, Spec>> = {
  GitRepository: { url: 'https://host/a.git', interval: '1m' },
  OCIRepository: { url: 'oci://host/a', interval: '1m' },
  HelmRepository: { url: 'https://host/charts' },
  HelmChart: { chart: 'a', interval: '1m', sourceRef: { kind: 'HelmRepository', name: 'x' } },
  Bucket: { bucketName: 'a', endpoint: 'host', interval: '1m' },
  ExternalArtifact: {},
  ArtifactGenerator: {
    sources: [{ alias: 'a', kind: 'Bucket', name: 'x' }],
    artifacts: [{ name: 'x', copy: [{ from: '@a/**', to: '@artifact/' }] }],
  },
  Kustomization: { interval: '1m', prune: true, sourceRef: gitRef },
  HelmRelease: { interval: '1m', chartRef: { kind: 'HelmChart', name: 'x' } },
  Provider: { type: 'slack' },
  Alert: { providerRef: ref, eventSources: [{ kind: 'Bucket', name: '*' }] },
  Receiver: { type: 'generic', secretRef: ref, resources: [{ kind: 'Bucket', name: '*' }] },
  ImageRepository: { image: 'host/a', interval: '1m' },
  ImagePolicy: { imageRepositoryRef: ref, policy: { semver: { range: '*' } } },
  ImageUpdateAutomation: { interval: '1m', sourceRef: gitRef },
};

const artifacts = valid['ArtifactGenerator']?.['artifacts'] as readonly Spec[];
const sources = valid['ArtifactGenerator']?.['sources'] as readonly Spec[];
const oidc = { issuerURL: 'https://issuer', validations: [{ expression: 'true', message: 'm' }] };
const strategy = (name: string) => ({ strategy: { name, retryInterval: '1m' } });

/** Changes to the valid spec that the API server must refuse, each with a part of what it must say. */
const refused: readonly (readonly [kind: string, change: Spec, says: string])[] = [
  // CEL rules, every one
  ['GitRepository', { serviceAccountName: 'x' }, "provider is 'azure' or 'aws'"],
  ['GitRepository', { serviceAccountName: 'x', provider: 'github' }, "provider is 'azure' or 'aws'"],
  ['HelmChart', { verify: { provider: 'cosign' }, sourceRef: gitRef }, "sourceRef.kind is 'HelmRepository'"],
  ['Bucket', { provider: 'gcp', sts: { provider: 'aws', endpoint: 'https://a' } }, 'STS configuration'],
  ['Bucket', { provider: 'aws', sts: { provider: 'ldap', endpoint: 'https://a' } }, "'aws' is the only supported"],
  ['Bucket', { provider: 'generic', sts: { provider: 'aws', endpoint: 'https://a' } }, "'ldap' is the only supported"],
  [
    'Bucket',
    { provider: 'aws', sts: { provider: 'aws', endpoint: 'https://a', secretRef: ref } },
    'sts.secretRef is not',
  ],
  [
    'Bucket',
    { provider: 'aws', sts: { provider: 'aws', endpoint: 'https://a', certSecretRef: ref } },
    'sts.certSecretRef',
  ],
  ['Bucket', { serviceAccountName: 'x' }, "not supported for the 'generic'"],
  ['Bucket', { provider: 'aws', serviceAccountName: 'x', secretRef: ref }, 'cannot set both'],
  ['ArtifactGenerator', { artifacts: [{ ...artifacts[0], name: 'Not_A_Name' }] }, 'valid Kubernetes object names'],
  ['Kustomization', { kubeConfig: {} }, 'exactly one of'],
  ['Kustomization', { kubeConfig: { secretRef: ref, configMapRef: ref } }, 'exactly one of'],
  ['HelmRelease', { chartRef: undefined }, 'either chart or chartRef'],
  ['HelmRelease', { chart: { spec: { chart: 'a', sourceRef: gitRef } } }, 'either chart or chartRef'],
  ['HelmRelease', { install: strategy('RemediateOnFailure') }, '.retryInterval cannot be set'],
  ['HelmRelease', { upgrade: strategy('RemediateOnFailure') }, '.retryInterval can only be set'],
  ['HelmRelease', { kubeConfig: {} }, 'exactly one of'],
  ['Provider', { commitStatusExpr: 'a' }, 'commitStatusExpr is only supported'],
  ['Receiver', { type: 'generic-oidc', secretRef: undefined }, 'at least one oidcProvider'],
  ['Receiver', { oidcProviders: [oidc] }, 'only be set when type is generic-oidc'],
  ['Receiver', { type: 'generic-oidc', oidcProviders: [oidc] }, 'secretRef cannot be set'],
  ['Receiver', { secretRef: undefined }, 'secretRef is required'],
  ['ImagePolicy', { interval: '1m' }, 'only accepted when'],
  ['ImagePolicy', { digestReflectionPolicy: 'Always' }, 'spec.interval must be set'],
  // patterns, enums, limits, required fields
  ['GitRepository', { url: undefined }, 'spec.url: Required'],
  ['GitRepository', { url: 'ftp://host/a' }, 'spec.url'],
  ['GitRepository', { interval: '1d' }, 'spec.interval'],
  ['GitRepository', { interval: '-1m' }, 'spec.interval'],
  ['GitRepository', { interval: '1us' }, 'spec.interval'],
  ['GitRepository', { timeout: '1h' }, 'spec.timeout'],
  ['GitRepository', { provider: 'x' }, 'supported values: "generic", "aws", "azure", "github"'],
  ['GitRepository', { include: [{ repository: {} }] }, 'spec.include[0].repository.name: Required'],
  ['GitRepository', { verify: { mode: 'HEAD' } }, 'spec.verify.secretRef: Required'],
  ['OCIRepository', { url: 'https://host/a' }, 'spec.url'],
  ['HelmRepository', { type: 'x' }, 'spec.type'],
  ['ArtifactGenerator', { sources: [] }, 'spec.sources'],
  ['ArtifactGenerator', { sources: [{ ...sources[0], alias: 'A' }] }, 'spec.sources[0].alias'],
  ['ArtifactGenerator', { artifacts: [{ name: 'x', copy: [{ from: 'a', to: '@artifact/' }] }] }, 'copy[0].from'],
  ['Kustomization', { prune: undefined }, 'spec.prune: Required'],
  ['Kustomization', { sourceRef: { kind: 'HelmChart', name: 'x' } }, 'spec.sourceRef.kind'],
  ['Kustomization', { targetNamespace: 'x'.repeat(64) }, 'spec.targetNamespace: Too long'],
  ['Kustomization', { namePrefix: '' }, 'spec.namePrefix'],
  ['Kustomization', { buildMetadata: ['x'] }, 'spec.buildMetadata[0]'],
  ['Kustomization', { deletionPolicy: 'x' }, 'spec.deletionPolicy'],
  ['HelmRelease', { releaseName: 'x'.repeat(54) }, 'spec.releaseName: Too long'],
  ['HelmRelease', { valuesFrom: [{ kind: 'Secret', name: 'x', targetPath: 'a b' }] }, 'spec.valuesFrom[0].targetPath'],
  ['Provider', { type: 'x' }, 'spec.type'],
  ['Provider', { address: long }, 'spec.address: Too long'],
  ['Receiver', { type: 'generic-oidc', secretRef: undefined, oidcProviders: [oidc, oidc] }, 'Duplicate value'],
  ['ImageRepository', { exclusionList: Array.from({ length: 26 }, () => 'x') }, 'spec.exclusionList: Too many'],
  ['ImagePolicy', { policy: { numerical: { order: 'x' } } }, 'spec.policy.numerical.order'],
];

/** What the API server must have filled in, in the whole object. */
const defaults: Readonly<Record<string, Spec>> = {
  GitRepository: { timeout: '60s' },
  OCIRepository: { timeout: '60s', provider: 'generic' },
  HelmRepository: { provider: 'generic' },
  HelmChart: { reconcileStrategy: 'ChartVersion', version: '*' },
  Bucket: { timeout: '60s', provider: 'generic' },
  Kustomization: { force: false },
  Alert: { eventSeverity: 'info' },
  Receiver: { interval: '10m' },
  ImageRepository: { provider: 'generic', exclusionList: ['^.*\\.sig$'] },
  ImagePolicy: { digestReflectionPolicy: 'Never' },
  ImageUpdateAutomation: { update: { strategy: 'Setters' } },
};

describe('the CRDs in config/crd', () => {
  let plane: ControlPlane;

  before(async () => {
    plane = await startControlPlane({ controllers: [] });
    await Promise.all(
      files.map(async (file) => {
        const body = readFileSync(join(folder, file), 'utf8');
        const [group = '', plural = ''] = file.replace('.yaml', '').split('_');
        const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.${group}`;
        const query = { fieldManager: 'test', fieldValidation: 'Strict' };
        await plane.admin.call('PATCH', path, { body, query, contentType: 'application/apply-patch+yaml' });
      }),
    );
    for (const kind of allKinds) {
      await waitFor(async (signal) => {
        await plane.admin.call('GET', `/apis/${kind.apiVersion}/${kind.plural}`, { signal });
        return true;
      }, `${kind.plural} to be served`);
    }
  });
  after(() => plane.stop());

  const create = (kindName: string, spec: Spec, dryRun: boolean) => {
    const kind = allKinds.find((one) => one.kind === kindName);
    assert.ok(kind, kindName);
    const body = { apiVersion: kind.apiVersion, kind: kind.kind, metadata: { name: 'a' }, spec };
    const path = `/apis/${kind.apiVersion}/namespaces/default/${kind.plural}`;
    const query: Record<string, string> = { fieldValidation: 'Strict', ...(dryRun ? { dryRun: 'All' } : {}) };
    return plane.admin.send('POST', path, { body, query });
  };

  it('are all established, and structural', async () => {
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    const { items } = await plane.admin.call<{ items: { metadata: { name: string }; status: Spec }[] }>('GET', path);
    const conditions = items.map(({ metadata, status }) => [
      metadata.name,
      (status['conditions'] as { type: string; status: string }[])
        .map(({ type, status }) => `${type}=${status}`)
        .sort(),
    ]);
    assert.equal(items.length, allKinds.length);
    assert.deepEqual(
      conditions,
      conditions.map(([name]) => [name, ['Established=True', 'NamesAccepted=True']]),
    );
  });

  for (const [kind, spec] of Object.entries(valid)) {
    it(`take a ${kind} and fill in its defaults`, async () => {
      const { status, text } = await create(kind, spec, false);
      assert.equal(status, 201, text);
      const created = JSON.parse(text);
      assert.deepEqual(created.spec, { ...spec, ...defaults[kind] });
    });
  }

  for (const [kind, change, says] of refused) {
    const fields = JSON.stringify(change, (_key, value) => value ?? null);
    it(`refuse a ${kind} with ${fields.length > 80 ? `${fields.slice(0, 80)}...` : fields}`, async () => {
      const { status, text } = await create(kind, { ...valid[kind], ...change }, true);
      assert.equal(status, 422, text);
      assert.ok(JSON.parse(text).message.includes(says), text);
    });
  }

  for (const kind of allKinds) {
    it(`explain every field of a ${kind.kind} in the OpenAPI of the server`, async () => {
      const served = await waitFor(async (signal) => {
        const path = `/openapi/v3/apis/${kind.apiVersion}`;
        const { components } = await plane.admin.call<Spec & { components: { schemas: Record<string, OpenApi> } }>(
          'GET',
          path,
          { signal },
        );
        const id = `${kind.group.split('.').reverse().join('.')}.${kind.version}.${kind.kind}`;
        return components.schemas[id];
      }, `the OpenAPI of ${kind.kind}`);
      for (const part of ['spec', 'status'] as const) {
        const want: OpenApi | undefined = (kind.schema as OpenApi).properties?.[part];
        assert.deepEqual(served.properties?.[part], want === undefined ? undefined : JSON.parse(JSON.stringify(want)));
      }
    });
  }
});
