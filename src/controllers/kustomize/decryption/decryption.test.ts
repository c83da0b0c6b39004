import assert from 'node:assert/strict';
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DecryptionKeys } from '../../../appliers/decryption/decryption-keys.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import type { KubeObject } from '../../../kube/object.ts';
import { memoryTree } from '../../../lib/memory-tree.ts';
import { Fault } from '../../../runtime/fault.ts';
import { ageKeySource, parseAgeIdentities } from '../../../sops/keys/age.ts';
import { buildManifests } from '../kustomization/build.ts';
import { refuseEncrypted } from '../kustomization/encrypted.ts';

const repository = join(import.meta.dirname, 'testdata/repository');
const keyFiles = join(import.meta.dirname, '../../../sops/testdata/keys');
const { signal } = new AbortController();

type Files = Readonly<Record<string, string | Uint8Array>>;

function filesOf(name: string): Files {
  const root = join(repository, name);
  const paths = globSync('**/*', { cwd: root }).filter((path) => statSync(join(root, path)).isFile());
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(root, path))]));
}

function keysOf(name: string): DecryptionKeys {
  const identities = parseAgeIdentities(readFileSync(join(keyFiles, `${name}.agekey`), 'utf8'));
  return { digest: name, sources: () => ({ age: ageKeySource(identities) }) };
}

interface Given {
  readonly files?: Files;
  readonly keys?: DecryptionKeys | undefined;
  readonly spec?: Partial<Kustomization['spec']>;
}

async function build({ files = {}, keys, spec = {} }: Given): Promise<readonly KubeObject[]> {
  const { objects } = await buildManifests({
    spec: { force: false, interval: '1h', prune: true, sourceRef: { kind: 'GitRepository', name: 'x' }, ...spec },
    tree: memoryTree({ ...tree, ...files }),
    dir: 'app',
    variables: spec.postBuild === undefined ? undefined : new Map(Object.entries(spec.postBuild.substitute ?? {})),
    strict: false,
    decryptionKeys: keys,
    remotes: { source: undefined, signal },
  });
  return objects;
}

const tree = filesOf('tree');

test('an encrypted repository builds to what it does once the original has decrypted it', async () => {
  const decrypted = await build({ keys: keysOf('one') });
  assert.deepEqual(decrypted, await build({ files: filesOf('decrypted') }));
  refuseEncrypted(decrypted);
});

test('variables are replaced in what was decrypted', async () => {
  const spec = { postBuild: { substitute: { not_replaced_by_kustomize: 'now' } } };
  const objects = await build({ keys: keysOf('one'), spec });
  const secret = objects.find(({ metadata }) => metadata.name === 'credentials');
  assert.equal((secret as { stringData?: Record<string, string> }).stringData?.['password'], 's3cr3t now');
});

test('without decryption nothing is decrypted, and the Secrets are refused', async () => {
  const objects = await build({ files: { 'app/kustomization.yaml': 'resources: [secret.yaml]' } });
  assert.throws(() => refuseEncrypted(objects), /Secret\/credentials is SOPS encrypted, configuring decryption/);
});

const mistakes: readonly { readonly name: string; readonly given: Given; readonly want: RegExp }[] = [
  {
    name: 'the wrong key',
    given: { keys: keysOf('two') },
    want: /^error decrypting sources: cannot get sops data key: Failed to get the data key.*no identity matched.*\(file 'app\/database.env'\)$/s,
  },
  {
    name: 'a value of a resource that was changed by hand',
    given: {
      keys: keysOf('one'),
      files: {
        'app/kustomization.yaml': 'resources: [secret.yaml]',
        'app/secret.yaml': text('app/secret.yaml').replace('name: credentials', 'name: other'),
      },
    },
    want: /^decryption failed for 'Secret.v1.\[noGrp\]\/other': failed to decrypt and format '\/other' Secret data: failed to verify sops data integrity: the MAC is not that of its values.*\(file 'app\/secret.yaml'\)$/s,
  },
  {
    name: 'a document that is missing',
    given: {
      keys: keysOf('one'),
      files: {
        'app/kustomization.yaml': 'resources: [several.yaml]',
        'app/several.yaml': text('app/several.yaml').split(/^---\n/m)[1] ?? '',
      },
    },
    want: /failed to verify sops data integrity/,
  },
  {
    name: 'a value that is moved',
    given: {
      keys: keysOf('one'),
      files: {
        'app/kustomization.yaml': 'resources: [secret.yaml]',
        'app/secret.yaml': text('app/secret.yaml').replace(
          /user: (.*)\n(.*)password: (.*)/,
          'user: $3\n$2password: $1',
        ),
      },
    },
    want: /Could not decrypt value at stringData.user: Could not decrypt with AES_GCM/,
  },
  {
    name: 'metadata that a patch brings',
    given: {
      keys: keysOf('one'),
      files: {
        'app/kustomization.yaml': `resources: [plain.yaml]\npatches:\n- target: {kind: ConfigMap}\n  patch: |\n${text(
          'app/patch.yaml',
        ).replace(/^/gm, '    ')}`,
      },
    },
    want: /failed to verify sops data integrity: it comes from no encrypted file/,
  },
  {
    name: 'a file that is too large',
    given: {
      keys: keysOf('one'),
      files: { 'app/blob': new Uint8Array((5 << 20) + 1) },
    },
    want: /^error decrypting sources: cannot decrypt file with size \(5242881 bytes\) exceeding limit \(5242880\)$/,
  },
  {
    name: 'a file that is not there',
    given: {
      keys: keysOf('one'),
      files: { 'app/kustomization.yaml': 'secretGenerator: [{name: x, files: [../../../etc/passwd]}]' },
    },
    want: /^error decrypting sources: lstat etc\/passwd: no such file or directory$/,
  },
];

function text(path: string): string {
  return Buffer.from(tree[path] ?? '').toString();
}

for (const { name, given, want } of mistakes) {
  test(`${name}: the build fails and says it`, async () => {
    await assert.rejects(build(given), (error) => {
      assert.ok(error instanceof Fault);
      assert.equal(error.reason, 'BuildFailed');
      assert.match(error.message, want);
      return true;
    });
  });
}

test('decrypt: disabled leaves an object as it is, and lets it pass', async () => {
  const secret = text('app/secret.yaml').replace(
    'name: credentials',
    'name: credentials\n    annotations:\n        kustomize.toolkit.fluxcd.io/decrypt: Disabled',
  );
  const files = { 'app/kustomization.yaml': 'resources: [secret.yaml]', 'app/secret.yaml': secret };
  const objects = await build({ keys: keysOf('one'), files });
  refuseEncrypted(objects);
  assert.match(JSON.stringify(objects), /ENC\[AES256_GCM/);
});

test('a Secret of which any value is encrypted is refused', () => {
  const secret = (fields: object): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'x' },
    ...fields,
  });
  const base64 = (value: string | Uint8Array): string => Buffer.from(value).toString('base64');
  const encrypted = [
    { sops: { mac: '' } },
    { stringData: { a: 'ENC[AES256_GCM,data:x' } },
    { data: { a: base64('ENC[AES256_GCM,data:x') } },
    { data: { a: 'ENC[AES256_GCM,data:x' } },
    { data: { a: base64(tree['app/app.json'] ?? '') } },
    { data: { a: base64(tree['app/settings.ini'] ?? '') } },
    { data: { a: base64(JSON.stringify(JSON.parse(text('app/app.json')))) } },
    { data: { a: base64(tree['app/database.env'] ?? '') } },
    { stringData: { a: text('app/config.yaml') } },
  ];
  for (const fields of encrypted) assert.throws(() => refuseEncrypted([secret(fields)]), JSON.stringify(fields));
  const clear = [{}, { data: { a: base64('about ENC[AES256_GCM,data:') } }, { stringData: { a: '[sops]\nx = 1\n' } }];
  for (const fields of clear) refuseEncrypted([secret(fields)]);
});
