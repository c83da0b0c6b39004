import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { apiError, FakeServer } from '../../../../test/support/fake-client.ts';
import { type HelmRelease, helmReleaseKind } from '../../../crds/helm/helm-release.ts';
import { ageKeySource, parseAgeIdentities } from '../../../sops/keys/age.ts';
import { decryptingValues } from './decrypted-values.ts';
import { clusterValues, composeValues, ValuesError, type ValuesSource } from './values.ts';

const { signal } = new AbortController();

function helmRelease(spec: Partial<HelmRelease['spec']>, annotations: Record<string, string> = {}): HelmRelease {
  return {
    apiVersion: helmReleaseKind.apiVersion,
    kind: helmReleaseKind.kind,
    metadata: { name: 'demo', namespace: 'apps', annotations },
    spec: { interval: '1h', ...spec },
  };
}

const notFound = (kind: string, name: string) =>
  apiError(404, 'NotFound', `${kind.toLowerCase()}s "${name}" not found`);

/** Objects by kind and name. */
function source(objects: Readonly<Record<string, Readonly<Record<string, string>>>>): ValuesSource {
  return {
    async read(kind, name, key) {
      const object = objects[`${kind}/${name}`];
      if (object === undefined) throw notFound(kind, name);
      return object[key];
    },
  };
}

type References = NonNullable<HelmRelease['spec']['valuesFrom']>;
const config = (name: string, more: Partial<References[number]> = {}): References[number] => ({
  kind: 'ConfigMap',
  name,
  ...more,
});

describe('composeValues', () => {
  const cases: readonly {
    readonly name: string;
    readonly spec: Partial<HelmRelease['spec']>;
    readonly texts?: readonly string[];
    readonly want: Readonly<Record<string, unknown>>;
  }[] = [
    { name: 'nothing', spec: {}, want: {} },
    { name: 'values of the spec', spec: { values: { a: { b: [1, 'x', null] } } }, want: { a: { b: [1, 'x', null] } } },
    {
      name: 'later references over earlier ones, and the spec over all',
      spec: { valuesFrom: [config('0'), config('1')], values: { c: 'spec' } },
      texts: ['{a: 0, b: 0, c: 0, m: {x: 0, z: 0}}', '{b: 1, c: 1, m: {z: 1}}'],
      want: { a: 0, b: 1, c: 'spec', m: { x: 0, z: 1 } },
    },
    { name: 'no values in an empty text', spec: { valuesFrom: [config('0')] }, texts: [''], want: {} },
    {
      name: 'a target path, as --set reads it',
      spec: { valuesFrom: [config('0', { targetPath: 'a.b[1]' })], values: { a: { b: ['first'] } } },
      texts: ['7'],
      want: { a: { b: ['first', 7] } },
    },
    {
      name: 'a quoted text at a target path',
      spec: { valuesFrom: [config('0', { targetPath: 'a' })] },
      texts: ["'7'"],
      want: { a: '7' },
    },
    {
      name: 'a literal at a target path',
      spec: { valuesFrom: [config('0', { targetPath: 'a\\.b', literal: true })] },
      texts: ['x={1,2}[0]\\,\nline'],
      want: { 'a.b': 'x={1,2}[0]\\,\nline' },
    },
    {
      name: 'nothing of what is optional and not there',
      spec: { valuesFrom: [config('ghost', { optional: true }), config('0', { optional: true, valuesKey: 'none' })] },
      texts: ['a: 1'],
      want: {},
    },
  ];
  for (const { name, spec, texts = [], want } of cases)
    it(name, async () => {
      const objects = Object.fromEntries(texts.map((text, at) => [`ConfigMap/${at}`, { 'values.yaml': text }]));
      assert.deepEqual(await composeValues(helmRelease(spec), source(objects)), want);
    });

  const failures: readonly (readonly [string, Partial<References[number]>, string, string])[] = [
    ['an object that is not there', { name: 'ghost' }, '', 'configmaps "ghost" not found'],
    ['an entry that is not there', { valuesKey: 'other' }, '', 'key not found'],
    ['what is no YAML', {}, 'a: [1', "error converting YAML to JSON: yaml: line 1: did not find expected ',' or ']'"],
    [
      'what is no map',
      {},
      '- 1',
      'error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}',
    ],
    [
      'a path that is none',
      { targetPath: 'a[x]' },
      '1',
      'error parsing index: strconv.Atoi: parsing "x": invalid syntax',
    ],
  ];
  for (const [name, reference, text, want] of failures)
    it(`tells of ${name}`, async () => {
      const object = helmRelease({ valuesFrom: [config('0', reference)] });
      const key = reference.valuesKey ?? 'values.yaml';
      await assert.rejects(
        composeValues(object, source({ 'ConfigMap/0': { 'values.yaml': text } })),
        (error: Error) => {
          assert.ok(error instanceof ValuesError);
          const where = `ConfigMap chart values reference 'apps/${reference.name ?? '0'}' with key '${key}'`;
          assert.equal(error.message, `could not resolve ${where}: ${want}`);
          return true;
        },
      );
    });

  it('passes on what else the API server says', async () => {
    const forbidden = apiError(403, 'Forbidden', 'no');
    const refusing: ValuesSource = { read: () => Promise.reject(forbidden) };
    const object = helmRelease({ valuesFrom: [config('0', { optional: true })] });
    await assert.rejects(composeValues(object, refusing), forbidden);
  });
});

describe('clusterValues', () => {
  it('reads each object once, and Secrets decoded', async () => {
    const server = new FakeServer();
    const text = (name: string) => Buffer.from(`${name}: 1\n`).toString('base64');
    server.edit({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace: 'apps' },
      data: { a: text('a'), b: text('b') },
    });
    const secret = (valuesKey: string) => ({ kind: 'Secret' as const, name: 's', valuesKey });
    const object = helmRelease({ valuesFrom: [secret('a'), secret('b')] });
    assert.deepEqual(await composeValues(object, clusterValues(server.client(), 'apps', signal)), { a: 1, b: 1 });
    assert.equal(server.requests.filter(({ verb }) => verb === 'get').length, 1);
  });
});

describe('decryptingValues', () => {
  const testdata = join(import.meta.dirname, '../../../sops/testdata');
  const read = (path: string): string => readFileSync(join(testdata, path), 'utf8');
  const annotations = { 'sluice.dev/decryption-secret': 'keys' };
  const encrypted = read('yaml-mac-only-encrypted/encrypted');
  const files = source({ 'Secret/s': { 'values.yaml': encrypted, plain: 'a: 1\n' } });
  const valuesFrom = [{ kind: 'Secret' as const, name: 's' }];

  function cluster(key = 'one'): FakeServer {
    const server = new FakeServer();
    const data = { 'my.agekey': Buffer.from(read(`keys/${key}.agekey`)).toString('base64') };
    server.edit({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys', namespace: 'apps' }, data });
    return server;
  }

  const access = (server: FakeServer) => ({ client: server.client(), services: { sources: () => ({}) } });

  it('has the services of the Secret decrypt, too', async () => {
    const asked: unknown[] = [];
    const services: Parameters<typeof decryptingValues>[2]['services'] = {
      sources({ namespace, name }, entries) {
        asked.push([namespace, name, [...entries.keys()]]);
        return { age: ageKeySource(parseAgeIdentities(read('keys/one.agekey'))) };
      },
    };
    const object = helmRelease({ valuesFrom }, annotations);
    const values = await decryptingValues(object, files, { ...access(cluster('two')), services }, signal);
    assert.equal(await values.read('Secret', 's', 'values.yaml'), read('yaml-mac-only-encrypted/expected'));
    const { namespace, name } = object.metadata;
    assert.deepEqual(asked, [[namespace, name, ['my.agekey']]]);
  });

  it('gives what is encrypted in clear, and the rest as it is', async () => {
    const object = helmRelease({ valuesFrom }, annotations);
    const values = await decryptingValues(object, files, access(cluster()), signal);
    assert.equal(await values.read('Secret', 's', 'values.yaml'), read('yaml-mac-only-encrypted/expected'));
    assert.equal(await values.read('Secret', 's', 'plain'), 'a: 1\n');
  });

  it('does nothing without the annotation', async () => {
    const server = cluster();
    assert.equal(await decryptingValues(helmRelease({ valuesFrom }), files, access(server), signal), files);
    assert.deepEqual(server.requests, []);
  });

  it('tells what it cannot decrypt, and shows nothing of it', async () => {
    const object = helmRelease({ valuesFrom }, annotations);
    const values = await decryptingValues(object, files, access(cluster('two')), signal);
    await assert.rejects(values.read('Secret', 's', 'values.yaml'), {
      message: /^could not decrypt Secret 'apps\/s' with key 'values.yaml': cannot get sops data key/,
    });
  });

  it('refuses what was changed', async () => {
    const changed = encrypted.replace(/lastmodified: "?\d{4}/, (text) => text.replace(/\d{4}/, '1999'));
    assert.notEqual(changed, encrypted);
    const object = helmRelease({ valuesFrom }, annotations);
    const other = source({ 'Secret/s': { 'values.yaml': changed } });
    const values = await decryptingValues(object, other, access(cluster()), signal);
    await assert.rejects(values.read('Secret', 's', 'values.yaml'), /failed to verify sops data integrity/);
  });

  it('refuses encrypted values of the spec, which nobody can verify', async () => {
    const object = helmRelease({ values: { a: 'ENC[...]', sops: {} } }, annotations);
    await assert.rejects(decryptingValues(object, files, access(cluster()), signal), ValuesError);
  });
});
