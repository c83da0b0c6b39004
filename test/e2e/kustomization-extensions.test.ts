import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ApiObject } from '../support/api-client.ts';
import { condition, isFailed } from '../support/conditions.ts';
import { Environment } from '../support/environment.ts';
import { ref } from '../support/kubectl.ts';
import { configMap, manifest } from '../support/manifests.ts';
import { type Files, inventoryOf, kustomizeApi, messageOf, statusOf, type Tenant } from '../support/tenant.ts';

const dependsOn = 'sluice.dev/depends-on';
const guard = 'sluice.dev/prune-guard';
const approve = 'sluice.dev/approve-prune';
const each = { 'sluice.dev/apply-mode': 'each' };

const files = (...names: readonly string[]): Files => ({
  'all.yaml': names.length === 0 ? null : manifest(...names.map((name) => configMap(name, { of: name }))),
  'README.md': names.length === 0 ? `nothing to apply` : null,
});

/** The approval that a message asks for. */
function askedFor(object: ApiObject): string {
  const [, approval] = /sluice\.dev\/approve-prune=(\S+)$/.exec(messageOf(object)) ?? [];
  assert.ok(approval !== undefined, messageOf(object));
  return approval;
}

describe('what Kustomizations can do beside the Flux API', { concurrency: 6 }, () => {
  let environment: Environment;
  before(async () => {
    environment = await Environment.start();
  });
  after(() => environment?.stop());
  const tenant = (): Promise<Tenant> => environment.tenant();

  /** A namespaced account that may do these things with ConfigMaps. */
  async function account(team: Tenant, name: string, verbs: readonly string[]): Promise<void> {
    await team.kubectl.apply([
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name },
        rules: [{ apiGroups: [''], resources: ['configmaps'], verbs }],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
        subjects: [{ kind: 'ServiceAccount', name, namespace: team.namespace }],
      },
    ]);
  }

  describe('depend on objects of any kind', { concurrency: 6 }, () => {
    it('wait for one that is not there, and begin as soon as it is', async () => {
      const team = await tenant();
      const wanted = '- {apiVersion: v1, kind: ConfigMap, name: db}';
      await team.install(files('web'), {}, 'app', { [dependsOn]: wanted });
      const waiting = await team.failed('DependencyNotReady', { says: 'v1/ConfigMap/' });
      assert.equal(condition(waiting, 'Stalled'), undefined);
      assert.equal(await team.data('web'), undefined);
      await team.kubectl.apply([configMap('db')]);
      await team.ready();
    });

    it('wait for what an expression says, and for kinds that do not exist yet', async () => {
      const team = await tenant();
      await team.kubectl.apply([configMap('db', { phase: 'starting' })]);
      const list = JSON.stringify([
        { apiVersion: 'v1', kind: 'ConfigMap', name: 'db', readyExpr: "dep.data.phase == 'done'" },
        { apiVersion: 'v1', kind: 'Namespace', name: team.namespace },
      ]);
      await team.install(files('web'), {}, 'app', { [dependsOn]: list });
      await team.failed('DependencyNotReady', { says: 'according to readyExpr' });
      await team.kubectl.apply([configMap('db', { phase: 'done' })]);
      await team.ready();
      await team.kubectl.annotate(team.app(), { [dependsOn]: '- {apiVersion: none.io/v1, kind: None, name: a}' });
      await team.failed('DependencyNotReady', { says: 'no matches for kind "None"' });
      await team.kubectl.annotate(team.app(), { [dependsOn]: null });
      await team.ready();
    });

    it('see no more than their account may', async () => {
      const team = await tenant();
      const other = await tenant();
      await other.kubectl.apply([configMap('secret-of-others')]);
      await account(team, 'deployer', ['*']);
      const list = `- {apiVersion: v1, kind: ConfigMap, name: secret-of-others, namespace: ${other.namespace}}`;
      const spec = { serviceAccountName: 'deployer' };
      await team.install(files('web'), spec, 'app', { [dependsOn]: list });
      await team.failed('DependencyNotReady', { says: 'cannot be read: configmaps "secret-of-others" is forbidden' });
    });

    it('stall on a list that is none, and go on when it is repaired', async () => {
      const team = await tenant();
      await team.install(files('web'), {}, 'app', { [dependsOn]: 'db' });
      const stalled = await team.failed('InvalidAnnotation', { says: 'expected a list' });
      assert.equal(condition(stalled, 'Stalled')?.reason, 'InvalidAnnotation');
      await team.kubectl.annotate(team.app(), { [dependsOn]: '[]' });
      await team.ready();
    });
  });

  describe('the prune guard', { concurrency: 6 }, () => {
    it('holds what is too much, applies the rest, and goes on when exactly that is approved', async () => {
      const team = await tenant();
      await team.install(files('a', 'b', 'c', 'd'), {}, 'app', { [guard]: '2' });
      await team.ready();
      const installed = await team.upgrade(files('a', 'b'));
      assert.deepEqual(await team.configMaps(), ['a', 'b'], 'two may go');
      assert.equal(inventoryOf(installed).length, 2);

      await team.upgrade(files('a', 'b', 'c', 'd'));
      const first = await team.push(files('d', 'e'));
      const held = await team.failed('PruneHeld');
      assert.match(messageOf(held), /holds the deletion of 3 objects \(more than 2 objects\), and nothing was deleted/);
      for (const name of ['a', 'b', 'c']) assert.ok(messageOf(held).includes(`ConfigMap/${team.namespace}/${name}`));
      assert.equal(condition(held, 'Stalled')?.reason, 'PruneHeld');
      assert.deepEqual(await team.configMaps(), ['a', 'b', 'c', 'd', 'e'], 'the rest is applied');
      assert.equal(inventoryOf(held).length, 5, 'and all of it is remembered');
      assert.equal(statusOf(held).history?.[0]?.lastReconciledStatus, 'PruneHeld');
      assert.notEqual(statusOf(held).lastAppliedRevision, `main@sha1:${first}`);

      await team.request();
      const again = await team.failed('PruneHeld');
      assert.equal(messageOf(again), messageOf(held));
      const told = await team.eventSaying('the prune guard holds');
      assert.deepEqual(
        told.map(({ type, reason, count }) => [type, reason, count]),
        [['Warning', 'PruneHeld', 1]],
      );

      const approval = askedFor(held);
      assert.ok(approval.startsWith(`main@sha1:${first}#`));
      const second = await team.push({ ...files('d', 'e'), 'notes.md': 'another revision' });
      const stale = await team.waitFor('held at the next revision', (object) => messageOf(object).includes(second));
      await team.kubectl.annotate(team.app(), { [approve]: approval });
      assert.ok(isFailed(await team.request(), 'PruneHeld'), 'an approval is for one revision');
      assert.deepEqual(await team.configMaps(), ['a', 'b', 'c', 'd', 'e']);

      await team.kubectl.annotate(team.app(), { [approve]: `main@sha1:${second}` });
      assert.ok(isFailed(await team.request(), 'PruneHeld'));
      assert.deepEqual(await team.configMaps(), ['a', 'b', 'c', 'd', 'e'], 'the revision alone says not what goes');

      await team.kubectl.annotate(team.app(), { [approve]: askedFor(stale) });
      const done = await team.applied(second);
      assert.equal(condition(done, 'Stalled'), undefined);
      assert.deepEqual(await team.configMaps(), ['d', 'e']);
      assert.equal(inventoryOf(done).length, 2);
    });

    it('goes on by itself when the objects come back', async () => {
      const team = await tenant();
      await team.install(files('a', 'b', 'c'), {}, 'app', { [guard]: '50%' });
      await team.ready();
      await team.push(files());
      const held = await team.failed('PruneHeld', { says: 'more than 50% of 3' });
      assert.equal(inventoryOf(held).length, 3);
      await team.upgrade(files('a', 'b', 'c'));
      assert.deepEqual(await team.configMaps(), ['a', 'b', 'c']);
    });

    it('holds an approval to the deletion that it was given for, not to the revision alone', async () => {
      const team = await tenant();
      const both = { 'one/cm.yaml': manifest(configMap('a'), configMap('b')), 'two/cm.yaml': manifest(configMap('c')) };
      await team.install(both, { path: './' }, 'app', { [guard]: '0' });
      await team.ready();
      await team.kubectl.patch(team.app(), { spec: { path: './one' } });
      const first = askedFor(await team.failed('PruneHeld', { says: '/c' }));
      await team.kubectl.annotate(team.app(), { [approve]: first });
      await team.ready();
      assert.deepEqual(await team.configMaps(), ['a', 'b']);
      await team.kubectl.patch(team.app(), { spec: { path: './two' } });
      const other = askedFor(await team.failed('PruneHeld', { says: '/b' }));
      assert.equal(other.split('#')[0], first.split('#')[0]);
      assert.deepEqual(await team.configMaps(), ['a', 'b', 'c']);
    });

    it('never lets a namespace go unasked, nor what prune would leave count', async () => {
      const team = await tenant();
      const inner = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `${team.namespace}-inner` } };
      const kept = configMap('kept', {}, { annotations: { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' } });
      await team.install({ 'all.yaml': manifest(inner, configMap('a'), kept) }, {}, 'app', { [guard]: '1' });
      await team.ready();
      await team.upgrade({ 'all.yaml': manifest(inner) });
      assert.deepEqual(await team.configMaps(), ['kept'], 'one went, one is kept by a switch');
      await team.push({ 'all.yaml': manifest(configMap('b')) });
      const held = await team.failed('PruneHeld', { says: 'of kind Namespace' });
      await team.kubectl.annotate(team.app(), { [approve]: askedFor(held) });
      await team.ready();
    });

    it('holds when spec.prune is switched on together with a removal', async () => {
      const team = await tenant();
      await team.install(files('a', 'b'), { prune: false }, 'app', { [guard]: '0' });
      await team.ready();
      await team.kubectl.patch(team.app(), { spec: { prune: true, path: './empty', suspend: true } });
      await team.push({ 'empty/README.md': 'nothing' });
      await team.kubectl.patch(team.app(), { spec: { suspend: false } });
      await team.waitFor('failed', (object) => isFailed(object));
      await team.failed('PruneHeld');
      assert.deepEqual(await team.configMaps(), ['a', 'b']);
    });

    it('counts what goes with a Kustomization that goes', async () => {
      const team = await tenant();
      const child = {
        apiVersion: kustomizeApi,
        kind: 'Kustomization',
        metadata: { name: 'child', namespace: team.namespace },
        spec: {
          interval: '1h',
          prune: true,
          path: './child',
          targetNamespace: team.namespace,
          sourceRef: { kind: 'GitRepository', name: 'repo' },
        },
      };
      const all = {
        'root/child.yaml': manifest(child),
        'root/own.yaml': manifest(configMap('own', {}, { namespace: team.namespace })),
        'child/cm.yaml': manifest(configMap('x'), configMap('y')),
      };
      await team.install(all, { path: './root', targetNamespace: undefined, wait: true }, 'app', { [guard]: '2' });
      await team.ready();
      await team.push({ 'root/child.yaml': null });
      const held = await team.failed('PruneHeld', { says: 'deletion of 3 objects' });
      for (const name of ['child', 'x', 'y']) assert.ok(messageOf(held).includes(`/${name}`), messageOf(held));
      assert.deepEqual(await team.configMaps(), ['own', 'x', 'y']);
      await team.kubectl.annotate(team.app(), { [approve]: askedFor(held) });
      await team.ready();
      await team.kubectl.waitGone(team.app('child'));
      assert.deepEqual(await team.configMaps(), ['own']);
    });

    it('guards the deletion of the Kustomization itself when asked to', async () => {
      const team = await tenant();
      const sha = await team.install(files('a', 'b'), {}, 'app', { [guard]: '1, on-delete' });
      await team.ready();
      await team.kubectl.delete(team.app());
      const held = await team.failed('PruneHeld', { says: 'ConfigMap/' });
      assert.ok(held.metadata['deletionTimestamp'] !== undefined);
      assert.ok(askedFor(held).startsWith(`main@sha1:${sha}#`));
      await team.eventSaying('the prune guard holds');
      assert.deepEqual(await team.configMaps(), ['a', 'b']);
      await team.kubectl.annotate(team.app(), { [approve]: askedFor(held) });
      await team.kubectl.waitGone(team.app());
      assert.deepEqual(await team.configMaps(), []);
    });

    it('stalls on limits that are none', async () => {
      const team = await tenant();
      await team.install(files('a'), {}, 'app', { [guard]: 'a few' });
      await team.failed('InvalidAnnotation', { says: "'a few': expected a number of objects" });
      await team.kubectl.annotate(team.app(), { [guard]: '3' });
      await team.ready();
    });
  });

  describe('object by object', { concurrency: 6 }, () => {
    const bad = configMap('Bad_Name');

    it('one that is refused holds back no other, and prune waits until all is well', async () => {
      const team = await tenant();
      await team.install(files('a', 'old'), {}, 'app', each);
      await team.ready();
      const sha = await team.push({ 'all.yaml': manifest(configMap('a', { changed: 'yes' }), bad, configMap('new')) });
      const failed = await team.failed('ReconciliationFailed', { says: '1 of 3 objects could not be applied' });
      assert.match(messageOf(failed), /ConfigMap\/.+\/Bad_Name dry-run failed \(Invalid\)/);
      assert.doesNotMatch(messageOf(failed), /\/new|\/a /);
      assert.equal(statusOf(failed).lastAttemptedRevision, `main@sha1:${sha}`);
      assert.deepEqual(await team.configMaps(), ['a', 'new', 'old']);
      assert.equal((await team.data('a'))?.['changed'], 'yes');
      assert.deepEqual(inventoryOf(failed).toSorted(), ['ConfigMap/a', 'ConfigMap/new', 'ConfigMap/old']);
      const done = await team.upgrade({ 'all.yaml': manifest(configMap('a'), configMap('new')) });
      assert.deepEqual(await team.configMaps(), ['a', 'new']);
      assert.deepEqual(inventoryOf(done), ['ConfigMap/a', 'ConfigMap/new']);
    });

    it('a Secret that is still encrypted is refused alone', async () => {
      const team = await tenant();
      const secret = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'keys' },
        stringData: { token: 'ENC[AES256_GCM,data:x,type:str]' },
        sops: { mac: 'x' },
      };
      await team.install({ 'all.yaml': manifest(secret, configMap('a')) }, {}, 'app', each);
      await team.failed('ReconciliationFailed', { says: 'is SOPS encrypted' });
      assert.deepEqual(await team.configMaps(), ['a']);
      assert.equal(await team.kubectl.find(ref('v1', 'Secret', 'keys')), undefined);
    });

    it('is not the way of those who did not ask for it', async () => {
      const team = await tenant();
      await team.install({ 'all.yaml': manifest(bad, configMap('a')) });
      await team.failed('ReconciliationFailed', { says: 'Bad_Name' });
      assert.deepEqual(await team.configMaps(), []);
      await team.kubectl.annotate(team.app(), { 'sluice.dev/apply-mode': 'some' });
      await team.failed('InvalidAnnotation', { says: "'some': expected staged or each" });
    });
  });

  describe('leave behind what cannot be reached', { concurrency: 6 }, () => {
    const spec = { serviceAccountName: 'deployer' };

    for (const gone of ['RoleBinding', 'ServiceAccount'] as const) {
      it(`when the ${gone} is gone, after the grace time`, async () => {
        const team = await tenant();
        await account(team, 'deployer', ['*']);
        await team.install(files('a', 'b'), spec, 'app', { 'sluice.dev/orphan-after': '2s' });
        await team.ready();
        const apiVersion = gone === 'RoleBinding' ? 'rbac.authorization.k8s.io/v1' : 'v1';
        await team.kubectl.delete(ref(apiVersion, gone, 'deployer'));
        await team.kubectl.delete(team.app());
        await team.kubectl.waitGone(team.app());
        const [event] = await team.eventSaying('2 objects are left behind, which could not be reached for 2s');
        assert.deepEqual([event?.type, event?.reason], ['Warning', 'PruneFailed']);
        assert.deepEqual(await team.configMaps(), ['a', 'b']);
      });
    }

    it('but not before, nor without being asked to', async () => {
      const team = await tenant();
      await account(team, 'deployer', ['*']);
      await team.install(files('a'), spec, 'app', { 'sluice.dev/orphan-after': '1h' });
      await team.kubectl.delete(ref('v1', 'ServiceAccount', 'none'));
      await team.ready();
      await team.kubectl.delete(ref('rbac.authorization.k8s.io/v1', 'RoleBinding', 'deployer'));
      await team.kubectl.delete(team.app());
      await team.eventSaying('pruning for deleted resource failed');
      assert.ok((await team.kubectl.find(team.app())) !== undefined);
      await account(team, 'deployer', ['*']);
      await team.kubectl.waitGone(team.app());
      assert.deepEqual(await team.configMaps(), []);
    });
  });
});
