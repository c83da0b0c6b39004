import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ApiObject } from '../support/api-client.ts';
import { Environment } from '../support/environment.ts';
import { ref } from '../support/kubectl.ts';
import { configMap, definition, manifest } from '../support/manifests.ts';
import { kustomizeApi, messageOf, sourceApi, type Tenant } from '../support/tenant.ts';

const shardKey = 'sharding.fluxcd.io/key';
const kustomization = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' };

/** What has gone wrong in systems of this kind, and has no better place; docs/security-cases.md lists all. */
describe('attacks by those who may write to Git and to their own namespace', { concurrency: 6 }, () => {
  let environment: Environment;
  let witnesses: string;
  before(async () => {
    witnesses = await mkdtemp(join(tmpdir(), 'sluice-attack-'));
    environment = await Environment.start({
      kustomizeFlags: ['--feature-gates=ExternalArtifact=true', `--watch-label-selector=!${shardKey}`],
    });
  });
  after(async () => {
    await environment?.stop();
    await rm(witnesses, { recursive: true });
  });
  const tenant = (): Promise<Tenant> => environment.tenant();
  /** Nothing that was to run has run. */
  const nothingRan = async (): Promise<void> => assert.deepEqual(await readdir(witnesses), []);

  const touch = (name: string): string => `touch ${join(witnesses, name)}`;
  const script = (name: string): string => `#!/bin/sh\n${touch(name)}\n`;
  const run = { path: './run.sh' };
  const programs: readonly { readonly name: string; readonly files: () => Readonly<Record<string, string>> }[] = [
    {
      name: 'an exec function as generator',
      files: () => ({
        'kustomization.yaml': manifest({ ...kustomization, generators: ['generator.yaml'] }),
        'generator.yaml': manifest({
          apiVersion: 'example.org/v1',
          kind: 'Generator',
          metadata: {
            name: 'g',
            annotations: { 'config.kubernetes.io/function': `exec: ${JSON.stringify(run)}` },
          },
        }),
        'run.sh': script('generator'),
      }),
    },
    {
      name: 'a container function as transformer',
      files: () => ({
        'kustomization.yaml': manifest({ ...kustomization, resources: ['cm.yaml'], transformers: ['t.yaml'] }),
        'cm.yaml': manifest(configMap('cm')),
        't.yaml': manifest({
          apiVersion: 'example.org/v1',
          kind: 'Transformer',
          metadata: {
            name: 't',
            annotations: { 'config.kubernetes.io/function': 'container: {image: example.org/evil}' },
          },
        }),
      }),
    },
    {
      name: 'a Go plugin as validator',
      files: () => ({
        'kustomization.yaml': manifest({ ...kustomization, resources: ['cm.yaml'], validators: ['v.yaml'] }),
        'cm.yaml': manifest(configMap('cm')),
        'v.yaml': manifest({ apiVersion: 'someteam.example.org/v1', kind: 'Validator', metadata: { name: 'v' } }),
      }),
    },
    {
      name: 'a Helm chart, for which helm would be run',
      files: () => ({
        'kustomization.yaml': manifest({
          ...kustomization,
          helmGlobals: { chartHome: '.' },
          helmCharts: [{ name: 'chart', releaseName: 'a' }],
        }),
        'chart/Chart.yaml': 'apiVersion: v2\nname: chart\nversion: 1.0.0\n',
      }),
    },
  ];
  for (const { name, files } of programs) {
    it(`${name} is refused, and nothing runs`, async () => {
      const team = await tenant();
      await team.install(files());
      await team.failed('BuildFailed');
      assert.deepEqual(await team.configMaps(), []);
      await nothingRan();
    });
  }

  it('shell syntax in names, paths and keys is text', async () => {
    const team = await tenant();
    const evil = `$(${touch('path')})`;
    await team.commit({
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the manifest
      'cm.yaml': manifest(configMap('cm', { key: '`${value}`' })),
      [`${evil}/x.yaml`.slice(1)]: null,
    });
    await team.source();
    const data = { value: `; ${touch('value')} #`, '$(id)': 'x' };
    await team.kubectl.apply([
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'vars' }, stringData: { value: data.value } },
    ]);
    await team.kustomization({ path: `./${evil}` }, 'path');
    await team.failed('ArtifactFailed', { name: 'path', says: 'kustomization path not found' });
    await team.kustomization({ namePrefix: `${'`id`'}-` }, 'prefix');
    await team.failed('ReconciliationFailed', { name: 'prefix', says: 'Invalid' });
    const substituteFrom = [{ kind: 'Secret', name: 'vars' }];
    await team.kustomization({ postBuild: { substituteFrom } });
    await team.ready();
    assert.equal((await team.data('cm'))?.['key'], `\`${data.value}\``);
    await nothingRan();
  });

  it('what a Secret of the cluster holds is not told, its annotation of kubectl included', async () => {
    const team = await tenant();
    const value = 'a-value-nobody-may-read';
    const encoded = Buffer.from(value).toString('base64');
    const last = JSON.stringify({ apiVersion: 'v1', kind: 'Secret', data: { key: encoded } });
    await team.kubectl.apply([
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'kept', annotations: { 'kubectl.kubernetes.io/last-applied-configuration': last } },
        data: { key: encoded },
        immutable: true,
      },
    ]);
    const other = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'kept' },
      stringData: { key: 'another-value' },
    };
    await team.install({ 'secret.yaml': manifest(other) });
    const failed = await team.failed('ReconciliationFailed', { says: 'Secret/' });
    const told = JSON.stringify([failed, await team.events(), team.logs()]);
    for (const secret of [value, encoded, 'another-value', Buffer.from('another-value').toString('base64')]) {
      assert.ok(!told.includes(secret), `${secret} is told`);
    }
  });

  it('an expression that takes for ever holds up nobody else', async () => {
    const [team, other] = await Promise.all([tenant(), tenant()]);
    const list = `[${Array.from({ length: 400 }, (_, index) => index).join()}]`;
    const bomb = `${list}.all(a, ${list}.all(b, ${list}.all(c, a + b + c >= 0)))`;
    await team.commit({ 'cm.yaml': manifest(configMap('cm')) });
    await team.source();
    await team.kustomization({ namePrefix: 'base-' }, 'base');
    await team.ready('base');
    await team.kustomization({ dependsOn: [{ name: 'base', readyExpr: bomb }] });
    const waiting = await team.waitFor('waiting', (object) => messageOf(object).includes('the expression takes too'));
    assert.equal(await team.data('cm'), undefined, messageOf(waiting));
    await other.install({ 'cm.yaml': manifest(configMap('cm')) });
    await other.ready();
  });

  it('an artifact of somebody’s making is fetched from no address of the cloud, and never redirected there', async () => {
    const team = await tenant();
    for (const [name, url] of Object.entries({
      metadata: 'http://169.254.169.254/latest/meta-data/iam/security-credentials/',
      mapped: 'http://[::ffff:169.254.169.254]/computeMetadata/v1/',
      file: 'file:///etc/passwd',
      credentials: 'http://user:secret-password@127.0.0.1/x.tar.gz',
    })) {
      const external = ref(sourceApi, 'ExternalArtifact', name);
      await team.kubectl.apply([{ ...external, spec: {} }]);
      const artifact = {
        url,
        digest: `sha256:${'0'.repeat(64)}`,
        revision: 'v1',
        path: 'x',
        size: 1,
        lastUpdateTime: '2026-01-01T00:00:00Z',
      };
      await team.kubectl.patch(external, { status: { artifact } }, { subresource: 'status' });
      await team.kustomization({ sourceRef: { kind: 'ExternalArtifact', name } }, name);
      const failed = await team.failed('ArtifactFailed', { name, says: "artifact's URL" });
      assert.doesNotMatch(messageOf(failed), /secret-password/);
    }
  });

  it('variables are not looked for in definitions that opt out', async () => {
    const team = await tenant();
    const group = `${team.namespace}.example.org`;
    const crd = definition(group, 'Thing');
    const versions = crd.spec.versions.map((version) => ({
      ...version,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: what a variable looks like
      schema: { openAPIV3Schema: { ...version.schema.openAPIV3Schema, description: 'uses ${undefined_here}' } },
    }));
    const annotations = { 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' };
    const kept = { ...crd, metadata: { ...crd.metadata, annotations }, spec: { ...crd.spec, versions } };
    await team.install({ 'crd.yaml': manifest(kept) }, { postBuild: { substitute: { a: 'b' } } });
    await team.ready();
    const live = await team.kubectl.get(ref('apiextensions.k8s.io/v1', 'CustomResourceDefinition', `things.${group}`));
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what a variable looks like
    assert.ok(JSON.stringify(live['spec']).includes('uses ${undefined_here}'));
  });

  it('what somebody has marked so as to evade pruning stays, and that is told', async () => {
    const team = await tenant();
    await team.install({ 'cm.yaml': manifest(configMap('planted'), configMap('cm')) });
    await team.ready();
    const annotations = { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' };
    // What kubectl adds is taken back at once.
    const fieldManager = 'somebody';
    await team.kubectl.patch(ref('v1', 'ConfigMap', 'planted'), { metadata: { annotations } }, { fieldManager });
    await team.upgrade({ 'cm.yaml': manifest(configMap('cm')) });
    await team.eventSaying(`ConfigMap/${team.namespace}/planted skipped`);
    assert.deepEqual(await team.configMaps(), ['cm', 'planted']);
  });

  it('a controller of one namespace looks into no other', async () => {
    const shard = `--watch-label-selector=${shardKey}=scoped`;
    const scoped = await environment.startShard(shard, '--watch-all-namespaces=false');
    const team = await tenant();
    await team.commit({ 'cm.yaml': manifest(configMap('cm')) });
    await team.source();
    const app = (namespace: string): object => ({
      apiVersion: kustomizeApi,
      kind: 'Kustomization',
      metadata: { name: `scoped-${team.namespace}`, namespace, labels: { [shardKey]: 'scoped' } },
      spec: {
        interval: '1h',
        prune: true,
        targetNamespace: namespace,
        sourceRef: { kind: 'GitRepository', name: 'repo', namespace: team.namespace },
      },
    });
    const [outside, inside] = await team.kubectl.apply([app(team.namespace), app('flux-system')]);
    assert.ok(outside !== undefined && inside !== undefined);
    // It sees no sources of other namespaces either.
    await team.kubectl.waitFor(inside, 'looked at', (object: ApiObject) => messageOf(object).includes('not found'));
    assert.equal((await team.kubectl.get(outside)).metadata['finalizers'], undefined);
    await scoped.stop();
  });
});
