import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { Repository } from '../gitserver/repository.ts';
import { Environment } from '../support/environment.ts';
import { configMap, manifest } from '../support/manifests.ts';
import { inventoryOf, messageOf } from '../support/tenant.ts';

const kustomization = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' };

describe('remote bases', () => {
  let environment: Environment;
  let shared: Repository;
  let web: Server;
  let address: string;

  before(async () => {
    environment = await Environment.start();
    shared = await environment.git.create('shared/bases');
    web = createServer((_, response) => response.end(manifest(configMap('file'))));
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    address = `http://127.0.0.1:${(web.address() as AddressInfo).port}/file.yaml`;
    await shared.commit({
      files: {
        'base/kustomization.yaml': manifest({ ...kustomization, resources: ['cm.yaml'] }),
        'base/cm.yaml': manifest(configMap('based', { key: '1' })),
      },
    });
  });
  after(async () => {
    web.close();
    await environment?.stop();
  });

  it('are fetched, followed, and cost one listing when they stand still', async () => {
    const team = await environment.tenant();
    const resources = [`${shared.url}//base?ref=main`, address];
    await team.install({ 'kustomization.yaml': manifest({ ...kustomization, resources }) });
    assert.deepEqual(inventoryOf(await team.ready()), ['ConfigMap/based', 'ConfigMap/file']);

    const { requests } = environment.git;
    const asked = () => requests.filter(({ repository }) => repository === 'shared/bases');
    requests.length = 0;
    await team.request();
    assert.deepEqual(
      asked().map(({ method }) => method),
      ['POST'],
    );

    await shared.commit({ files: { 'base/cm.yaml': manifest(configMap('based', { key: '2' })) } });
    await team.request();
    assert.deepEqual(await team.data('based'), { key: '2' });
  });

  it('are told with their reason when they cannot be read, and nothing is pruned', async () => {
    const team = await environment.tenant();
    const install = (resources: readonly string[]) => ({
      'kustomization.yaml': manifest({ ...kustomization, resources: ['cm.yaml', ...resources] }),
      'cm.yaml': manifest(configMap('own')),
    });
    await team.install(install([`${shared.url}//base`]));
    await team.ready();
    await team.push(install([`${shared.url}//base?ref=nowhere`, 'http://169.254.169.254/latest', 'git@x.example:a/b']));
    const failed = await team.failed('BuildFailed', { says: 'nowhere' });
    assert.match(messageOf(failed), /couldn't find remote ref "nowhere"/);
    assert.deepEqual(await team.configMaps(), ['based', 'own']);
  });

  it('are refused with --no-remote-bases, and nothing is pruned', async () => {
    const team = await environment.tenant();
    await team.install({
      'kustomization.yaml': manifest({ ...kustomization, resources: [`${shared.url}//base`, address] }),
    });
    await team.ready();
    await environment.kustomize.stop();
    await environment.startKustomize('--no-remote-bases');
    environment.git.requests.length = 0;
    await team.push({ 'more.yaml': manifest(configMap('more')) });
    const failed = await team.failed('BuildFailed', { says: 'fs-security-constraint' });
    assert.match(messageOf(failed), /remote bases are refused \(--no-remote-bases\)/);
    assert.ok(messageOf(failed).includes(shared.url));
    assert.ok(environment.git.requests.every(({ repository }) => repository !== 'shared/bases'));
    assert.deepEqual(await team.configMaps(), ['based', 'file']);
  });
});
