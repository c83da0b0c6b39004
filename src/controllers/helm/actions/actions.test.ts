import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apiError, FakeServer, resource } from '../../../../test/support/fake-client.ts';
import {
  actionBench,
  chartOf,
  installing,
  rollingBack,
  uninstalling,
  upgrading,
} from '../../../../test/support/helm-actions.ts';
import { ActionError } from './action-error.ts';
import { install } from './install.ts';
import { rollback } from './rollback.ts';
import { test } from './test.ts';
import { uninstall } from './uninstall.ts';
import { unlock } from './unlock.ts';
import { upgrade } from './upgrade.ts';

const configMap = (name: string, more = ''): string => `apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}
${more}data:
  color: {{ .Values.color | default "red" }}
`;

const hook = (name: string, event: string, more = ''): string =>
  configMap(name, `  annotations:\n    helm.sh/hook: ${event}\n${more}`);

const demo = { 'templates/a.yaml': configMap('a'), 'templates/b.yaml': configMap('b') };

describe('a release', () => {
  it('is installed, upgraded, rolled back and uninstalled', async () => {
    const server = new FakeServer();
    const { context, stored } = actionBench(server.client(), 'team');
    const first = await install(context, installing(chartOf(demo)));
    assert.equal(first.info.status, 'deployed');
    assert.equal(server.find('ConfigMap', 'a')?.metadata.labels?.['app.kubernetes.io/managed-by'], 'Helm');
    await upgrade(context, upgrading(chartOf({ 'templates/a.yaml': demo['templates/a.yaml'] }, { color: 'blue' })));
    assert.deepEqual(server.find('ConfigMap', 'a')?.['data'], { color: 'blue' });
    assert.equal(server.find('ConfigMap', 'b'), undefined);
    const back = await rollback(context, rollingBack(1));
    assert.equal(back.info.description, 'Rollback to 1');
    assert.deepEqual(server.find('ConfigMap', 'b')?.['data'], { color: 'red' });
    assert.deepEqual(stored, [
      'v1 pending-install',
      'v1 deployed',
      'v2 pending-upgrade',
      'v1 superseded',
      'v2 deployed',
      'v3 pending-rollback',
      'v2 superseded',
      'v3 deployed',
    ]);
    await uninstall(context, uninstalling());
    assert.deepEqual([...server.objects.keys()], []);
  });

  it('costs a request for each object and the writes of its storage', async () => {
    const server = new FakeServer();
    const { context } = actionBench(server.client(), 'team');
    await context.storage.entries('demo', context.signal);
    server.taken();
    await install(context, installing(chartOf(demo)));
    assert.deepEqual(server.taken(), [
      'create Secret/sh.helm.release.v1.demo.v1',
      'apply ConfigMap/a',
      'apply ConfigMap/b',
      'patch Secret/sh.helm.release.v1.demo.v1',
    ]);
    await upgrade(context, upgrading(chartOf(demo, { color: 'blue' })));
    assert.deepEqual(server.taken(), [
      'create Secret/sh.helm.release.v1.demo.v2',
      'apply ConfigMap/a',
      'apply ConfigMap/b',
      'patch Secret/sh.helm.release.v1.demo.v1',
      'patch Secret/sh.helm.release.v1.demo.v2',
    ]);
  });

  it('that fails keeps what was applied, and says why', async () => {
    const server = new FakeServer();
    const { context, stored } = actionBench(server.client(), 'team');
    server.answer = ({ verb, name }) =>
      verb === 'apply' && name === 'b' ? apiError(422, 'Invalid', 'ConfigMap "b" is invalid') : undefined;
    const message = 'server-side apply failed for object team/b /v1, Kind=ConfigMap: ConfigMap "b" is invalid';
    await assert.rejects(install(context, installing(chartOf(demo))), (error: ActionError) => {
      assert.equal(error.message, message);
      assert.equal(error.record?.info.description, `Release "demo" failed: ${message}`);
      return error instanceof ActionError;
    });
    assert.deepEqual(stored, ['v1 pending-install', 'v1 failed']);
    assert.notEqual(server.find('ConfigMap', 'a'), undefined);
    await assert.rejects(upgrade(context, upgrading(chartOf(demo, { color: 'blue' }))), {
      message: `failed to create resource: ${message}`,
    });
    server.answer = () => undefined;
    const { version, info } = await upgrade(context, upgrading(chartOf(demo)));
    assert.deepEqual([version, info.status], [3, 'deployed']);
  });

  it('with a kind that is not served is refused before anything is stored', async () => {
    const server = new FakeServer();
    const { context, stored } = actionBench(server.client(), 'team');
    const chart = chartOf({ 'templates/w.yaml': 'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n' });
    await assert.rejects(install(context, installing(chart)), {
      message:
        'unable to build kubernetes objects from release manifest: resource mapping not found for name: "w" namespace: "" from "": no matches for kind "Widget" in version "example.com/v1"\nensure CRDs are installed first',
    });
    assert.deepEqual(stored, []);
  });

  it('does not take over what belongs to others where that is not wanted', async () => {
    const server = new FakeServer();
    server.edit({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'team' }, data: {} });
    const { context } = actionBench(server.client(), 'team');
    await assert.rejects(install(context, installing(chartOf(demo), { takeOwnership: false })), {
      message:
        'unable to continue with install: ConfigMap "a" in namespace "team" exists and cannot be imported into the current release: invalid ownership metadata; label validation error: missing key "app.kubernetes.io/managed-by": must be set to "Helm"; annotation validation error: missing key "meta.helm.sh/release-name": must be set to "demo"; annotation validation error: missing key "meta.helm.sh/release-namespace": must be set to "team"',
    });
    await install(context, installing(chartOf(demo)));
    assert.deepEqual(server.find('ConfigMap', 'a')?.['data'], { color: 'red' });
  });

  it('is found locked after a kill, and unlocked', async () => {
    const server = new FakeServer();
    const killed = new AbortController();
    const first = actionBench(server.client(), 'team', { signal: killed.signal });
    server.answer = ({ verb, name }) => {
      if (verb === 'apply' && name === 'b') killed.abort();
      return undefined;
    };
    await assert.rejects(install(first.context, installing(chartOf(demo))));
    assert.deepEqual(first.stored, ['v1 pending-install']);
    server.answer = () => undefined;
    const { context, stored } = actionBench(server.client(), 'team');
    await assert.rejects(upgrade(context, upgrading(chartOf(demo))), {
      message: 'another operation (install/upgrade/rollback) is in progress',
    });
    const record = await unlock(context);
    assert.equal(record?.info.description, "Release unlocked from stale 'pending-install' state");
    assert.equal(await unlock(context), undefined);
    await upgrade(context, upgrading(chartOf(demo)));
    assert.deepEqual(stored, ['v1 failed', 'v2 pending-upgrade', 'v1 superseded', 'v2 deployed']);
  });

  it('keeps as many revisions as it may, and always the one that is deployed', async () => {
    const server = new FakeServer();
    const { context } = actionBench(server.client(), 'team');
    await install(context, installing(chartOf(demo)));
    server.answer = ({ verb, name }) => (verb === 'apply' && name === 'b' ? apiError(422, 'Invalid', 'no') : undefined);
    const again = (): Promise<unknown> => upgrade(context, upgrading(chartOf(demo, { color: 'x' }), { maxHistory: 2 }));
    for (let i = 0; i < 3; i++) await assert.rejects(again());
    const entries = await context.storage.entries('demo', context.signal);
    assert.deepEqual(
      entries.map(({ version, status }) => `${version} ${status}`),
      ['4 failed', '1 deployed'],
    );
  });
});

describe('hooks', () => {
  it('run by weight, around what they belong to, and are deleted as they say', async () => {
    const server = new FakeServer();
    const { context } = actionBench(server.client(), 'team');
    const files = {
      'templates/a.yaml': configMap('a'),
      'templates/h.yaml': hook('late', 'pre-install', '    helm.sh/hook-weight: "5"\n'),
      'templates/i.yaml': hook(
        'early',
        'pre-install',
        '    helm.sh/hook-weight: "-5"\n    helm.sh/hook-delete-policy: hook-succeeded\n',
      ),
      'templates/j.yaml': hook('after', 'post-install'),
    };
    const { hooks } = await install(context, installing(chartOf(files)));
    const writes = server.taken().filter((line) => /^(apply|delete) ConfigMap/.test(line));
    assert.deepEqual(writes, [
      'apply ConfigMap/early',
      'delete ConfigMap/late',
      'apply ConfigMap/late',
      'delete ConfigMap/early',
      'apply ConfigMap/a',
      'delete ConfigMap/after',
      'apply ConfigMap/after',
    ]);
    assert.deepEqual(hooks.map(({ name, lastRun }) => `${name} ${lastRun.phase}`).sort(), [
      'after Succeeded',
      'early Succeeded',
      'late Succeeded',
    ]);
  });

  it('that fail keep the release from being installed', async () => {
    const server = new FakeServer();
    const { context, stored } = actionBench(server.client(), 'team');
    server.answer = ({ verb, name }) =>
      verb === 'apply' && name === 'h' ? apiError(403, 'Forbidden', 'configmaps "h" is forbidden') : undefined;
    const files = { 'templates/a.yaml': configMap('a'), 'templates/h.yaml': hook('h', 'pre-install') };
    await assert.rejects(install(context, installing(chartOf(files))), {
      message:
        'failed pre-install: warning: Hook pre-install demo/templates/h.yaml failed: server-side apply failed for object team/h /v1, Kind=ConfigMap: configmaps "h" is forbidden',
    });
    assert.deepEqual(stored, ['v1 pending-install', 'v1 pending-install', 'v1 failed']);
    assert.equal(server.find('ConfigMap', 'a'), undefined);
  });

  it('of tests run when they are asked for, and only those', async () => {
    const server = new FakeServer();
    const { context } = actionBench(server.client(), 'team');
    const files = { 'templates/t.yaml': hook('one', 'test'), 'templates/u.yaml': hook('two', 'test') };
    await install(context, installing(chartOf(files)));
    assert.equal(server.find('ConfigMap', 'one'), undefined);
    const { hooks } = await test(context, { wait: { timeoutMs: 1_000 }, filters: [{ name: 'two', exclude: true }] });
    assert.deepEqual(
      hooks.map(({ name, lastRun }) => `${name} ${lastRun.phase}`),
      ['one Succeeded', 'two '],
    );
  });
});

describe('a kind that is not served any more', () => {
  const types = new FakeServer().types;
  const widget = (version: string): string => `apiVersion: example.com/${version}\nkind: Widget\nmetadata: {name: w}\n`;
  const withWidget = { ...demo, 'templates/w.yaml': widget('v1') };

  it('keeps no release from being upgraded', async () => {
    const server = new FakeServer();
    server.types = [...types, resource('example.com/v1', 'Widget')];
    const { context } = actionBench(server.client(), 'team');
    await install(context, installing(chartOf(withWidget)));
    server.types = types;
    const { info } = await upgrade(context, upgrading(chartOf(demo)));
    assert.equal(info.status, 'deployed');
  });

  it('has its objects deleted by another version', async () => {
    const server = new FakeServer();
    server.types = [...types, resource('example.com/v1', 'Widget')];
    const { context } = actionBench(server.client(), 'team');
    await install(context, installing(chartOf(withWidget)));
    server.types = [...types, resource('example.com/v2', 'Widget')];
    await upgrade(context, upgrading(chartOf(demo)));
    assert.equal(server.find('Widget', 'w'), undefined);
  });
});

describe('an uninstallation', () => {
  it('leaves what is kept, and what is not its own', async () => {
    const server = new FakeServer();
    const { context, stored } = actionBench(server.client(), 'team');
    const kept = configMap('kept', '  annotations:\n    helm.sh/resource-policy: keep\n');
    await install(context, installing(chartOf({ ...demo, 'templates/k.yaml': kept })));
    server.edit({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'b', namespace: 'team', annotations: { 'meta.helm.sh/release-name': 'other' } },
    });
    const result = await uninstall(context, uninstalling({ keepHistory: true }));
    assert.equal(
      result.kept,
      'These resources were kept due to the resource policy:\n[ConfigMap] kept\n\n1 resource(s) were not deleted because they are not owned by this release:\n[ConfigMap] b\n',
    );
    assert.deepEqual(stored.slice(2), ['v1 uninstalling', 'v1 uninstalled']);
    assert.equal(server.find('ConfigMap', 'a'), undefined);
    await assert.rejects(uninstall(context, uninstalling({ keepHistory: true })), {
      message: 'the release named "demo" is already deleted',
    });
    const again = await install(context, installing(chartOf(demo)));
    assert.equal(again.version, 2);
  });

  it('of what is not there says so', async () => {
    const { context } = actionBench(new FakeServer().client(), 'team');
    await assert.rejects(uninstall(context, uninstalling()), {
      message: 'uninstall: Release not loaded: demo: release: not found',
      notFound: true,
    });
  });

  it('passes over kinds that are not served any more', async () => {
    const server = new FakeServer();
    const { types } = server;
    server.types = [...types, resource('example.com/v1', 'Widget')];
    const { context } = actionBench(server.client(), 'team');
    const widget = 'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n';
    await install(context, installing(chartOf({ ...demo, 'templates/w.yaml': widget })));
    server.types = types;
    await uninstall(context, uninstalling());
    assert.equal(server.find('ConfigMap', 'a'), undefined);
  });
});
