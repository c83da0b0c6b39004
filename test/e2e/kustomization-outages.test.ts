import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { isReady } from '../support/conditions.ts';
import { Environment } from '../support/environment.ts';
import { ref } from '../support/kubectl.ts';
import { configMap, deployment, manifest } from '../support/manifests.ts';
import { inventoryOf, messageOf, sourceApi, statusOf, type Tenant } from '../support/tenant.ts';
import { waitFor } from '../support/wait-for.ts';

describe('Kustomizations while something is away', () => {
  let environment: Environment;
  let team: Tenant;
  before(async () => {
    environment = await Environment.start({ kwok: true, kustomizeFlags: ['--http-retry=1'] });
  });
  after(() => environment?.stop());
  beforeEach(async () => {
    team = await environment.tenant();
  });
  afterEach(() => team.uninstall());

  const names = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `cm-${index}`);
  const manifests = (count: number, data = { key: '1' }): string =>
    manifest(...names(count).map((name) => configMap(name, data)));

  it('an API server that is killed in the middle of an apply', async () => {
    // an API server that has just begun does not know the roles yet, and refuses: tried again after this
    await team.install({ 'all.yaml': manifests(1) }, { retryInterval: '1s' });
    await team.ready();
    const sha = await team.push({ 'all.yaml': manifests(120) });
    await waitFor(async () => (await team.configMaps()).length > 5, 'the apply to begin', { intervalMs: 5 });
    await environment.plane.restartApiServer();
    const object = await team.waitFor(
      'applied',
      (now) => statusOf(now).lastAppliedRevision === `main@sha1:${sha}`,
      'app',
      {
        deadlineMs: 60_000,
      },
    );
    assert.equal(inventoryOf(object).length, 120);
    assert.equal((await team.configMaps()).length, 120);
    assert.equal(environment.kustomize.logs.filter((line) => 'stacktrace' in line).length, 0);
    // watches work again: news arrive without anybody asking
    await team.upgrade({ 'all.yaml': manifests(2) });
    assert.deepEqual(await team.configMaps(), ['cm-0', 'cm-1']);
  });

  it('an API server that hangs for a while', async () => {
    await team.install({ 'all.yaml': manifests(1) });
    await team.ready();
    const sha = await team.push({ 'all.yaml': manifests(60) });
    await waitFor(async () => (await team.configMaps()).length > 2, 'the apply to begin', { intervalMs: 5 });
    environment.plane.pauseApiServer();
    const logged = environment.kustomize.logs.length;
    assert.equal((await fetch(`${environment.kustomize.healthUrl}/healthz`)).status, 200);
    environment.plane.resumeApiServer();
    await team.applied(sha);
    assert.deepEqual(
      environment.kustomize.logs.slice(logged).filter(({ level }) => level === 'error'),
      [],
    );
  });

  it('the source-controller, whose artifact is unpacked already', async () => {
    await team.install({ 'all.yaml': manifests(1) });
    await team.ready();
    await environment.source.stop();
    await team.kubectl.delete(ref('v1', 'ConfigMap', 'cm-0'));
    await team.request();
    assert.deepEqual(await team.configMaps(), ['cm-0']);
    await environment.startSource();
    await team.upgrade({ 'all.yaml': manifests(2) });
  });

  it('the storage of artifacts, and both controllers', async () => {
    const sha = await team.install({ 'all.yaml': manifests(1) });
    const before = await team.ready();
    await Promise.all([environment.source.stop(), environment.kustomize.stop()]);
    await rm(environment.storagePath, { recursive: true, force: true });
    await environment.startKustomize();
    await team.failed('ArtifactFailed');
    assert.deepEqual(await team.configMaps(), ['cm-0']);
    await environment.startSource();
    const after = await team.applied(sha);
    assert.deepEqual(statusOf(after).inventory, statusOf(before).inventory);
    assert.deepEqual(await team.configMaps(), ['cm-0']);
  });

  it('the storage of artifacts alone', async () => {
    await team.install({ 'all.yaml': manifests(1) });
    await team.ready();
    await environment.kustomize.stop();
    await rm(environment.storagePath, { recursive: true, force: true });
    await environment.startKustomize();
    const failed = await team.failed('ArtifactFailed');
    assert.match(messageOf(failed), /artifact not found/);
    await team.fetch();
    await team.ready();
  });

  it('the kustomize-controller, while it waited for health', async () => {
    const ignore = [{ paths: ['/spec/template/metadata/annotations/sluice.test~1never-ready'] }];
    const sha = await team.install(
      { 'web.yaml': manifest(deployment('web', { stuck: true })) },
      { wait: true, ignore },
    );
    const waits = 'Running health checks';
    await team.waitFor('waiting', (object) => messageOf(object, 'Reconciling').startsWith(waits));
    assert.equal(await environment.kustomize.stop(), 0);
    await environment.startKustomize();
    await waitFor(() => team.logs().length > 0, 'the new process to look at it');
    const waiting = await team.waitFor('waiting', (object) => messageOf(object, 'Reconciling').startsWith(waits));
    assert.ok(!isReady(waiting));
    const metadata = { annotations: { 'sluice.test/never-ready': null } };
    await team.kubectl.patch(ref('apps/v1', 'Deployment', 'web'), { spec: { template: { metadata } } });
    await team.applied(sha);
  });

  it('the kustomize-controller, when news arrive and when it is deleted', async () => {
    await team.install({ 'all.yaml': manifests(1) });
    await team.ready();
    assert.equal(await environment.kustomize.stop(), 0);
    const sha = await team.push({ 'all.yaml': manifests(3) });
    const repo = ref(sourceApi, 'GitRepository', 'repo');
    await team.kubectl.waitFor(repo, 'fetched', (object) => JSON.stringify(object['status']).includes(`@sha1:${sha}"`));
    await environment.startKustomize();
    await team.applied(sha);
    await environment.kustomize.stop();
    await team.kubectl.delete(team.app());
    await environment.startKustomize();
    await team.kubectl.waitGone(team.app());
    assert.deepEqual(await team.configMaps(), []);
  });
});
