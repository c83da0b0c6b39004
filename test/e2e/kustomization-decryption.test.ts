import assert from 'node:assert/strict';
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Environment } from '../support/environment.ts';
import { ref } from '../support/kubectl.ts';
import { type Files, inventoryOf, messageOf, type Tenant } from '../support/tenant.ts';

const sources = join(import.meta.dirname, '../../src');
const testdata = join(sources, 'sops/testdata');
const repository = join(sources, 'controllers/kustomize/decryption/testdata/repository');
const keyFile = (name: string): string => readFileSync(join(testdata, 'keys', name), 'utf8');
const decryption = { provider: 'sops', secretRef: { name: 'keys' } };

function filesOf(name: string): Files {
  const root = join(repository, name);
  const paths = globSync('**/*', { cwd: root }).filter((path) => statSync(join(root, path)).isFile());
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(root, path))]));
}

describe('decryption with SOPS', { concurrency: 4 }, () => {
  let environment: Environment;
  before(async () => {
    environment = await Environment.start({ kustomizeFlags: ['--sops-age-secret=sops-age'] });
  });
  after(() => environment?.stop());

  const keys = (team: Tenant, name: string, labels: Readonly<Record<string, string>> = {}): Promise<unknown> =>
    team.kubectl.apply([
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys', labels }, stringData: { [name]: keyFile(name) } },
    ]);

  /** The values of a Secret, undefined when it does not exist. */
  async function valuesOf(team: Tenant, name: string): Promise<Readonly<Record<string, string>> | undefined> {
    const secret = await team.kubectl.find(ref('v1', 'Secret', name));
    if (secret === undefined) return undefined;
    const data = (secret['data'] ?? {}) as Readonly<Record<string, string>>;
    return Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('latin1')]),
    );
  }

  const clear = (path: string): string => readFileSync(join(repository, 'decrypted', path), 'latin1');

  it('applies encrypted resources, generated files of every format, patches, bases and components in clear', async () => {
    const team = await environment.tenant();
    await keys(team, 'one.agekey');
    await team.install(filesOf('tree'), { path: './app', decryption });
    await team.ready();
    const credentials = await valuesOf(team, 'credentials');
    assert.deepEqual([credentials?.['user'], credentials?.['token']], ['admin', 'token']);
    assert.match(credentials?.['password'] ?? '', /^s3cr3t \$\{not_replaced_by_kustomize\}$/);
    assert.deepEqual(await valuesOf(team, 'first'), { key: 'one' });
    assert.deepEqual(await valuesOf(team, 'second'), { key: 'two' });
    assert.deepEqual(await valuesOf(team, 'environment'), { USER: 'admin', PASSWORD: 'p#ss=w"rd', MULTI: 'a\\nb' });
    assert.deepEqual(await valuesOf(team, 'files'), {
      'config.yaml': clear('app/config.yaml'),
      'renamed.json': clear('app/app.json'),
      blob: clear('app/blob'),
      'settings.ini': clear('app/settings.ini'),
      'plain.yaml': clear('app/plain.yaml'),
    });
    assert.deepEqual(await valuesOf(team, 'base'), { FROM: 'base' });
    assert.deepEqual(await valuesOf(team, 'component'), { 'credentials.yaml': clear('component/credentials.yaml') });
    assert.equal((await team.data('settings'))?.['patched'], 'by-an-encrypted-patch');
  });

  it('waits for its keys, and begins as soon as a watched Secret has them', async () => {
    const team = await environment.tenant();
    await team.install(filesOf('tree'), { path: './app', decryption });
    await team.failed('BuildFailed', { says: 'secrets "keys" not found' });
    const watched = { 'reconcile.fluxcd.io/watch': 'Enabled' };
    await keys(team, 'two.agekey', watched);
    const wrong = await team.failed('BuildFailed', { says: 'no identity matched' });
    assert.match(messageOf(wrong), /^error decrypting sources: cannot get sops data key: Failed to get the data key/);
    await team.kubectl.apply([
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'keys', labels: watched },
        stringData: { 'two.agekey': 'AGE-SECRET-KEY-1NONSENSE' },
      },
    ]);
    const malformed = await team.failed('BuildFailed', { says: "failed to import 'two.agekey' data" });
    assert.doesNotMatch(messageOf(malformed), /NONSENSE/);
    await team.kubectl.delete(ref('v1', 'Secret', 'keys'));
    await keys(team, 'one.agekey', watched);
    await team.ready();
  });

  it('applies and prunes nothing when a file was changed without sops', async () => {
    const team = await environment.tenant();
    await keys(team, 'one.agekey');
    await team.install(filesOf('tree'), { path: './app', decryption });
    const before = inventoryOf(await team.ready());
    const several = readFileSync(join(repository, 'tree/app/several.yaml'), 'utf8');
    await team.push({
      'app/several.yaml': several.replace('name: second', 'name: third'),
      'app/plain.yaml': null,
      'app/kustomization.yaml': 'resources: [several.yaml]\n',
    });
    const failed = await team.failed('BuildFailed', { says: 'failed to verify sops data integrity' });
    assert.match(messageOf(failed), /\(file 'app\/several.yaml'\)$/);
    assert.deepEqual(inventoryOf(failed), before);
    assert.deepEqual(await valuesOf(team, 'credentials').then((values) => values?.['user']), 'admin');
  });

  it('refuses what is still encrypted, with and without decryption', async () => {
    const team = await environment.tenant();
    const says = 'is SOPS encrypted, configuring decryption is required for this secret to be reconciled';
    await team.install({ ...filesOf('tree') }, { path: './base' });
    await team.failed('ReconciliationFailed', { says });
    assert.equal(await valuesOf(team, 'base'), undefined);
    await keys(team, 'one.agekey');
    await team.kustomization({ path: './base', decryption });
    await team.ready();
  });

  it('decrypts with OpenPGP keys', async () => {
    const team = await environment.tenant();
    await keys(team, 'curve25519.asc');
    const files = {
      'kustomization.yaml':
        'secretGenerator: [{name: pgp, files: [a.yaml]}]\ngeneratorOptions: {disableNameSuffixHash: true}\n',
      'a.yaml': readFileSync(join(testdata, 'pgp-curve25519/encrypted')),
    };
    await team.install(files, { decryption });
    await team.ready();
    assert.deepEqual(await valuesOf(team, 'pgp'), {
      'a.yaml': readFileSync(join(testdata, 'pgp-curve25519/expected'), 'utf8'),
    });
  });

  it('falls back to the age keys of the controller, and to nothing else of that Secret', async () => {
    const fallback = (data: Readonly<Record<string, string>>): Promise<unknown> =>
      environment.kubectl
        .in('flux-system')
        .apply([{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'sops-age' }, stringData: data }]);
    await fallback({ 'curve25519.asc': keyFile('curve25519.asc') });
    const team = await environment.tenant();
    const files = {
      'kustomization.yaml': 'secretGenerator: [{name: pgp, files: [a.yaml]}]\n',
      'a.yaml': readFileSync(join(testdata, 'pgp-curve25519/encrypted')),
    };
    await team.install(files, { decryption: { provider: 'sops' } });
    await team.failed('BuildFailed', { says: 'no secret key' });
    await fallback({ 'one.agekey': keyFile('one.agekey') });
    await team.upgrade({ ...filesOf('tree'), 'kustomization.yaml': 'resources: [app]\n', 'a.yaml': null });
    assert.deepEqual(await valuesOf(team, 'first'), { key: 'one' });
  });
});
