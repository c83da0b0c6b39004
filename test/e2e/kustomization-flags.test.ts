import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ApiObject } from '../support/api-client.ts';
import { artifactOf } from '../support/artifact-files.ts';
import { isFailed, isReady } from '../support/conditions.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { type AuditMark, Environment } from '../support/environment.ts';
import { ref } from '../support/kubectl.ts';
import { configMap, manifest } from '../support/manifests.ts';
import { kustomizeApi, messageOf, sourceApi, statusOf, type Tenant } from '../support/tenant.ts';
import { waitFor } from '../support/wait-for.ts';

const shardKey = 'sharding.fluxcd.io/key';

/** What the second controller is started with; the first one has the defaults. */
const gates = [
  'ExternalArtifact',
  'DirectSourceFetch',
  'GroupChangeLog',
  'CancelHealthCheckOnNewRevision',
  'DisableConfigWatchers',
  'DisableFailFastBehavior',
];
const flags = [
  `--feature-gates=${gates.map((gate) => `${gate}=true`).join(',')},StrictPostBuildSubstitutions=false`,
  '--override-manager=intruder',
  '--custom-apply-stage-kinds=ConfigMap',
];

/** Which controller a Kustomization belongs to: that with the defaults, or that with {@link flags}. */
const settings = ['off', 'on'] as const;
type Setting = (typeof settings)[number];

describe('flags and feature gates of the kustomize-controller', { concurrency: 6 }, () => {
  let environment: Environment;
  let on: ControllerProcess;
  let third: ControllerProcess;
  let started: AuditMark;
  before(async () => {
    environment = await Environment.start({ audit: true, start: false });
    started = await environment.auditMark();
    const shard = (name: string) => `--watch-label-selector=${shardKey}=${name}`;
    [on, third] = await Promise.all([
      environment.startShard(shard('on'), ...flags),
      environment.startShard(shard('third')),
      environment.startSource(),
      environment.startKustomize(`--watch-label-selector=!${shardKey}`),
    ]);
  });
  after(() => environment?.stop());
  const tenant = (): Promise<Tenant> => environment.tenant();

  async function kustomization(team: Tenant, shard: string, spec: object = {}, name = 'app'): Promise<ApiObject> {
    const labels = shard === 'off' ? {} : { [shardKey]: shard };
    const sourceRef = { kind: 'GitRepository', name: 'repo' };
    const all = { interval: '1h', prune: true, targetNamespace: team.namespace, sourceRef, ...spec };
    const object = { apiVersion: kustomizeApi, kind: 'Kustomization', metadata: { name, labels }, spec: all };
    const [applied] = await team.kubectl.apply([object]);
    assert.ok(applied !== undefined);
    return applied;
  }

  const processOf = (setting: Setting): ControllerProcess => (setting === 'on' ? on : environment.kustomize);

  describe('shards', { concurrency: 3 }, () => {
    it('see their own Kustomizations alone', async () => {
      const team = await tenant();
      await team.commit({ 'cm.yaml': manifest(configMap('cm')) });
      await team.source();
      const names = { off: 'of-none', on: 'of-one', third: 'of-another' };
      for (const [shard, name] of Object.entries(names))
        await kustomization(team, shard, { namePrefix: `${name}-` }, name);
      await kustomization(team, 'nobody', {}, 'of-nobody');
      for (const name of Object.values(names)) await team.ready(name);
      const seen = ({ logs }: ControllerProcess): readonly unknown[] => [
        ...new Set(logs.filter((line) => line['namespace'] === team.namespace).map((line) => line['name'])),
      ];
      assert.deepEqual(
        [environment.kustomize, on, third].map(seen),
        Object.values(names).map((name) => [name]),
      );
      const nobodys = await team.kubectl.get(team.app('of-nobody'));
      assert.deepEqual(
        [nobodys['status'] ?? {}, nobodys.metadata['finalizers']].map((it) => JSON.stringify(it)),
        [JSON.stringify({ observedGeneration: -1 }), undefined],
      );
    });

    it('wait for dependencies in other shards, and are woken by them', async () => {
      const team = await tenant();
      await team.commit({ 'cm.yaml': manifest(configMap('cm')) });
      await team.source();
      await kustomization(team, 'third', { dependsOn: [{ name: 'base' }], namePrefix: 'top-' }, 'top');
      await team.failed('DependencyNotReady', { name: 'top', says: 'not found' });
      await kustomization(team, 'on', { suspend: true, namePrefix: 'base-' }, 'base');
      await team.failed('DependencyNotReady', { name: 'top', says: "base' is not ready" });
      await team.kubectl.patch(team.app('base'), { spec: { suspend: false } });
      await team.ready('top');
      const sha = await team.push({ 'cm.yaml': manifest(configMap('cm', { second: 'yes' })) });
      await team.applied(sha, 'base');
      await team.applied(sha, 'top');
    });
  });

  describe('ExternalArtifact', { concurrency: 2 }, () => {
    /** An ExternalArtifact with the artifact that the GitRepository has now. */
    async function publish(team: Tenant, sha: string): Promise<void> {
      const repository = await team.kubectl.waitFor(
        ref(sourceApi, 'GitRepository', 'repo'),
        `to have ${sha}`,
        (object) => JSON.stringify(object['status'] ?? {}).includes(sha),
      );
      const external = ref(sourceApi, 'ExternalArtifact', 'made');
      await team.kubectl.apply([{ ...external, spec: {} }]);
      const artifact = { ...artifactOf(repository), revision: `external@sha1:${sha}` };
      await team.kubectl.patch(external, { status: { artifact } }, { subresource: 'status' });
    }

    it('is a source with its gate, and a new artifact is applied', async () => {
      const team = await tenant();
      const first = await team.commit({ 'cm.yaml': manifest(configMap('cm', { is: 'first' })) });
      await team.source();
      await kustomization(team, 'on', { sourceRef: { kind: 'ExternalArtifact', name: 'made' } });
      await team.failed('ArtifactFailed');
      await publish(team, first);
      const object = await team.ready();
      assert.equal(statusOf(object).lastAppliedRevision, `external@sha1:${first}`);
      const second = await team.push({ 'cm.yaml': manifest(configMap('cm', { is: 'second' })) });
      await publish(team, second);
      await team.waitFor('ready', (one) => isReady(one) && messageOf(one).includes(second));
      assert.deepEqual(await team.data('cm'), { is: 'second' });
    });

    it('is refused without', async () => {
      const team = await tenant();
      await kustomization(team, 'off', { sourceRef: { kind: 'ExternalArtifact', name: 'made' } });
      await team.failed('AccessDenied', { says: 'ExternalArtifact feature gate is disabled' });
    });
  });

  for (const setting of settings) {
    const isOn = setting === 'on';

    it(`GroupChangeLog ${setting}: the log tells changes by ${isOn ? 'action' : 'object'}`, async () => {
      const team = await tenant();
      await team.commit({ 'cm.yaml': manifest(configMap('a'), configMap('b')) });
      await team.source();
      await kustomization(team, setting);
      await team.ready();
      const line = await processOf(setting).waitForLog(
        'what was applied',
        ({ msg, ...rest }) => msg === 'server-side apply completed' && rest['namespace'] === team.namespace,
      );
      const subjects = ['a', 'b'].map((name) => `ConfigMap/${team.namespace}/${name}`);
      const byObject = Object.fromEntries(subjects.map((subject) => [subject, 'created']));
      assert.deepEqual(line['output'], isOn ? { created: subjects } : byObject);
    });

    it(`DirectSourceFetch ${setting}: the source is ${isOn ? 'read anew' : 'never asked for'}`, async () => {
      const team = await tenant();
      await team.commit({ 'cm.yaml': manifest(configMap('a')) });
      await team.source();
      await kustomization(team, setting);
      await team.ready();
      const reads = (await environment.requestsSince(started, 'kustomize-controller')).filter(
        ({ verb, resource, namespace }) =>
          verb === 'get' && resource === 'gitrepositories' && namespace === team.namespace,
      );
      assert.equal(reads.length > 0, isOn);
    });

    it(`StrictPostBuildSubstitutions ${isOn ? 'off' : 'on'}: a variable without a value is ${isOn ? 'nothing' : 'an error'}`, async () => {
      const team = await tenant();
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the manifest
      await team.commit({ 'cm.yaml': manifest(configMap('cm', { a: 'x${undefined_here}y' })) });
      await team.source();
      await kustomization(team, setting, { postBuild: { substitute: { other: 'b' } } });
      if (!isOn) return void (await team.failed('BuildFailed', { says: 'undefined_here' }));
      await team.ready();
      assert.deepEqual(await team.data('cm'), { a: 'xy' });
    });

    it(`CancelHealthCheckOnNewRevision ${setting}: a wait that ends for news is ${isOn ? 'told' : 'not told'}`, async () => {
      const team = await tenant();
      const healthChecks = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'never', namespace: team.namespace }];
      await team.commit({ 'cm.yaml': manifest(configMap('a')) });
      await team.source();
      await kustomization(team, setting, { healthChecks });
      await team.waitFor('waiting', (object) => messageOf(object, 'Reconciling').startsWith('Running health checks'));
      const sha = await team.push({ 'cm.yaml': manifest(configMap('b')) });
      await team.waitFor('at the next', (object) =>
        messageOf(object, 'Reconciling').includes(`checks for revision main@sha1:${sha}`),
      );
      await team.kubectl.apply([configMap('never')]);
      await team.applied(sha);
      await team.eventSaying('/b created');
      const canceled = (await team.events()).filter(({ reason }) => reason === 'HealthCheckCanceled');
      assert.equal(canceled.length > 0, isOn, JSON.stringify(await team.events()));
    });

    it(`DisableFailFastBehavior ${setting}: a failed object ${isOn ? 'may get well in time' : 'ends the wait'}`, async () => {
      const team = await tenant();
      const check = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', name, namespace: team.namespace });
      const healthChecks = [check('judged'), check('later')];
      const rule = { apiVersion: 'v1', kind: 'ConfigMap', current: "data.is == 'well'", failed: "data.is == 'ill'" };
      await team.kubectl.apply([configMap('judged', { is: 'ill' })]);
      await team.commit({ 'cm.yaml': manifest(configMap('a')) });
      await team.source();
      await kustomization(team, setting, { healthChecks, healthCheckExprs: [rule] });
      if (!isOn) return void (await team.failed('HealthCheckFailed', { says: 'failed early' }));
      await team.waitFor('waiting', (object) => messageOf(object, 'Reconciling').startsWith('Running health checks'));
      await team.kubectl.apply(['judged', 'later'].map((name) => configMap(name, { is: 'well' })));
      await team.ready();
      assert.deepEqual(
        (await team.events()).filter(({ reason }) => reason === 'HealthCheckFailed'),
        [],
      );
    });

    it(`--override-manager ${setting}: what that manager has added ${isOn ? 'is removed' : 'stays'}`, async () => {
      const team = await tenant();
      await team.commit({ 'cm.yaml': manifest(configMap('cm', { a: '1' })) });
      await team.source();
      await kustomization(team, setting);
      await team.ready();
      await team.kubectl.apply([configMap('cm', { extra: 'x' })], { fieldManager: 'intruder' });
      await team.request();
      await team.ready();
      assert.deepEqual(await team.data('cm'), isOn ? { a: '1' } : { a: '1', extra: 'x' });
    });

    it(`--custom-apply-stage-kinds ${setting}: the kind is ${isOn ? 'applied before' : 'held back with'} the rest`, async () => {
      const team = await tenant();
      const bad = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'Bad_Name' } };
      await team.commit({ 'all.yaml': manifest(configMap('cm'), bad) });
      await team.source();
      await kustomization(team, setting);
      const failed = await team.failed('ReconciliationFailed', { says: 'Bad_Name' });
      assert.equal(messageOf(failed).includes(`ConfigMap/${team.namespace}/cm created`), isOn);
      assert.deepEqual(await team.configMaps(), isOn ? ['cm'] : []);
    });
  }

  it('DisableConfigWatchers: labelled ConfigMaps and Secrets wake only without it', async () => {
    const metadata = { name: 'vars', labels: { 'reconcile.fluxcd.io/watch': 'Enabled' } };
    const put = (team: Tenant, value: string) => team.kubectl.apply([{ ...configMap('vars', { value }), metadata }]);
    const install = async (setting: Setting) => {
      const team = await tenant();
      await put(team, 'zero');
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the manifest
      await team.commit({ 'cm.yaml': manifest(configMap('cm', { is: '${value}' })) });
      await team.source();
      await kustomization(team, setting, { postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'vars' }] } });
      await team.ready();
      return team;
    };
    const [off, withGate] = await Promise.all([install('off'), install('on')]);
    const valueIn = async (team: Tenant) => (await team.data('cm'))?.['is'];
    /** Whether the one with the gate slept through what woke the other. */
    const sleepsThrough = async (value: string): Promise<boolean> => {
      await Promise.all([put(withGate, value), put(off, value)]);
      await waitFor(async () => (await valueIn(off)) === value, `the value ${value}`);
      return (await valueIn(withGate)) !== value;
    };
    // News of the source may be on their way still, and wake it once.
    assert.ok((await sleepsThrough('one')) || (await sleepsThrough('two')) || (await sleepsThrough('three')));
    await put(withGate, 'last');
    await withGate.request();
    assert.equal(await valueIn(withGate), 'last');
  });

  it('refuses a gate that is not known, and an expression for limits that is none', async () => {
    for (const flag of ['--feature-gates=Nonsense=true', '--prune-guard=many', '--orphan-after=soon']) {
      await assert.rejects(environment.startShard(flag), /did not start/, flag);
    }
  });

  it('--prune-guard guards all Kustomizations, but for those whose annotation says otherwise', async () => {
    const guarded = await environment.startShard(`--watch-label-selector=${shardKey}=guarded`, '--prune-guard=0');
    const team = await tenant();
    await team.commit({ 'cm.yaml': manifest(configMap('cm'), configMap('other')) });
    await team.source();
    await kustomization(team, 'guarded');
    await team.ready();
    await team.push({ 'cm.yaml': manifest(configMap('cm')) });
    const held = await team.waitFor('held', (object) => isFailed(object, 'PruneHeld'));
    assert.match(messageOf(held), /more than 0 objects/);
    await team.kubectl.annotate(team.app(), { 'sluice.dev/prune-guard': 'none' });
    await team.ready();
    assert.deepEqual(await team.configMaps(), ['cm']);
    await guarded.stop();
  });
});
