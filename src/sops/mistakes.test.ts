import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { DataKeys } from './data-keys.ts';
import { decryptFile } from './decrypt.ts';
import type { KeySources } from './key-source.ts';
import { ageKeySource, parseAgeIdentities } from './keys/age.ts';
import { SopsError, type SopsErrorCode } from './sops-error.ts';
import type { Format } from './stores/format.ts';

const testdata = join(import.meta.dirname, 'testdata');
const { signal } = new AbortController();

const sourceOf = (...names: readonly string[]): KeySources => ({
  age: ageKeySource(
    names.flatMap((name) => parseAgeIdentities(readFileSync(join(testdata, 'keys', `${name}.agekey`), 'utf8'))),
  ),
});

function encrypted(name: string): string {
  return readFileSync(join(testdata, name, 'encrypted'), 'utf8');
}

async function decrypt(
  content: string | Uint8Array,
  input: Format,
  { sources = sourceOf('one'), output = input }: { readonly sources?: KeySources; readonly output?: Format } = {},
): Promise<string> {
  const options = { input, output, keys: new DataKeys(sources), signal };
  return Buffer.from(await decryptFile(Buffer.from(content), options)).toString();
}

interface Mistake {
  readonly name: string;
  readonly content: () => string | Uint8Array;
  readonly input?: Format;
  readonly output?: Format;
  readonly sources?: KeySources;
  readonly code: SopsErrorCode;
  readonly want: RegExp;
}

const secret = (): string => encrypted('yaml-secret');
const swapped = (): string => secret().replace(/user: (.*)\n(.*)password: (.*)/, 'user: $3\n$2password: $1');

const mistakes: readonly Mistake[] = [
  {
    name: 'a value in clear that was changed',
    content: () => secret().replace('name: db', 'name: other'),
    code: 'mac',
    want: /^failed to verify sops data integrity: the MAC is not that of its values/,
  },
  {
    name: 'a value that was taken away',
    content: () => secret().replace(/ {4}user: .*\n/, ''),
    code: 'mac',
    want: /^failed to verify/,
  },
  {
    name: 'values that changed places',
    content: swapped,
    code: 'value',
    want: /^error decrypting sops tree: Could not decrypt value at stringData.user: Could not decrypt with AES_GCM/,
  },
  {
    name: 'a value that is not encrypted though its key says so',
    content: () => secret().replace(/user: .*/, 'user: admin'),
    code: 'value',
    want: /Input string <redacted> does not match sops' data format$/,
  },
  {
    name: 'a value of another type',
    content: () => secret().replace(/user: .*/, 'user: 5'),
    code: 'value',
    want: /Expected encrypted value as string at stringData.user$/,
  },
  {
    name: 'a tag that is cut off',
    content: () => secret().replace(/,tag:[^,]*,/, ',tag:AAAA,'),
    code: 'value',
    want: /message authentication failed$/,
  },
  {
    name: 'the MAC of another file',
    content: () => secret().replace(/mac: .*/, /mac: .*/.exec(encrypted('yaml-whole'))?.[0] ?? ''),
    code: 'mac',
    want: /^failed to verify sops data integrity: Could not decrypt with AES_GCM/,
  },
  {
    name: 'no MAC',
    content: () => secret().replace(/mac: .*/, 'mac: ""'),
    code: 'mac',
    want: /the file has no MAC$/,
  },
  {
    name: 'a time of change that was changed',
    content: () => secret().replace(/lastmodified: "\d{4}/, 'lastmodified: "1999'),
    code: 'mac',
    want: /^failed to verify/,
  },
  {
    name: 'no time of change',
    content: () => secret().replace(/lastmodified: .*/, ''),
    code: 'format',
    want: /^failed to load encrypted YAML data: lastmodified is not a time/,
  },
  {
    name: 'a selector that was changed',
    content: () => secret().replace('encrypted_regex: ^(data|stringData)$', 'encrypted_regex: ^nothing$'),
    code: 'mac',
    want: /^failed to verify/,
  },
  {
    name: 'two selectors',
    content: () => secret().replace('encrypted_regex:', 'encrypted_suffix: x\n    encrypted_regex:'),
    code: 'format',
    want: /Cannot use more than one of encrypted_suffix/,
  },
  {
    name: 'a selector that is no expression',
    content: () => secret().replace('^(data|stringData)$', "'('"),
    code: 'format',
    want: /a selector is no regular expression/,
  },
  { name: 'no metadata', content: () => 'a: 1\n', code: 'format', want: /data: sops metadata not found$/ },
  { name: 'an empty file', content: () => '', code: 'format', want: /sops metadata not found$/ },
  { name: 'metadata that is a text', content: () => 'sops: x', code: 'format', want: /entry that is not a mapping$/ },
  {
    name: 'no keys',
    content: () => 'sops: {lastmodified: "2026-01-01T00:00:00Z", mac: x}',
    code: 'format',
    want: /No keys found in file$/,
  },
  {
    name: 'more keys than anybody has',
    content: () => `sops: {lastmodified: "2026-01-01T00:00:00Z", age: [${'{recipient: x, enc: x},'.repeat(201)}]}`,
    code: 'format',
    want: /more than 200 keys$/,
  },
  {
    name: 'a file that is no UTF-8',
    content: () => Uint8Array.of(0xff, 0xfe),
    code: 'format',
    want: /it is not UTF-8$/,
  },
  {
    name: 'a file that is cut off',
    input: 'JSON',
    content: () => encrypted('json-values').slice(0, 300),
    code: 'format',
    want: /line \d+/,
  },
  {
    name: 'a file with something behind it',
    input: 'JSON',
    content: () => `${encrypted('json-values')}{}`,
    code: 'format',
    want: /something follows the object$/,
  },
  {
    name: 'a line without =',
    input: 'dotenv',
    content: () => `${encrypted('dotenv')}\nhunter2`,
    code: 'format',
    want: /^failed to load encrypted dotenv data: invalid dotenv input line \d+: it has no =$/,
  },
  {
    name: 'the wrong key',
    content: secret,
    sources: sourceOf('two'),
    code: 'key',
    want: /^cannot get sops data key: Failed to get the data key required to decrypt the SOPS file\.\n\nGroup 0: FAILED\n {2}age1[a-z0-9]+: FAILED\n {4}- \| failed to create reader for decrypting sops data key with\n {6}\| age: no identity matched any of the file's recipients\n\nRecovery failed because no master key was able to decrypt/,
  },
  { name: 'no keys at hand', content: secret, sources: sourceOf(), code: 'key', want: /failed to load age identities/ },
  {
    name: 'keys of a kind that nobody can use here',
    content: () => encrypted('pgp-rsa'),
    code: 'key',
    want: /no credentials for pgp keys/,
  },
  {
    name: 'too few groups',
    content: () => encrypted('shamir-yaml'),
    code: 'key',
    want: /Group 0: SUCCESS\n\nGroup 1: FAILED[\s\S]*Shamir threshold of\n2, but only 1 part\(s\) were successfully recovered, one for each successful\nkey group\./,
  },
  {
    name: 'what an INI file cannot hold',
    input: 'JSON',
    output: 'INI',
    content: () => encrypted('json-values'),
    code: 'output',
    want: /^failed to emit encrypted JSON file as decrypted INI: Section values should always be TreeBranches$/,
  },
  {
    name: 'what a dotenv file cannot hold',
    input: 'JSON',
    output: 'dotenv',
    content: () => encrypted('json-values'),
    code: 'output',
    want: /cannot use complex value in dotenv file; offending key a$/,
  },
  {
    name: 'what is no binary file',
    input: 'JSON',
    output: 'binary',
    content: () => encrypted('age-many-json'),
    code: 'output',
    want: /no binary data found in tree$/,
  },
];

for (const { name, content, input = 'YAML', output = input, sources = sourceOf('one'), code, want } of mistakes) {
  test(`${name}: refused`, async () => {
    await assert.rejects(decrypt(content(), input, { sources, output }), (error) => {
      assert.ok(error instanceof SopsError, String(error));
      assert.match(error.message, want);
      assert.equal(error.code, code);
      return true;
    });
  });
}

test('one format is written as another', async () => {
  assert.equal(await decrypt(encrypted('age-many-dotenv'), 'dotenv', { output: 'JSON' }), '{\n\t"A": "1"\n}\n');
  assert.equal(await decrypt(encrypted('age-many-ini'), 'INI', { output: 'YAML' }), 'DEFAULT: {}\ns:\n    A: "1"\n');
  assert.equal(await decrypt(encrypted('binary-text'), 'JSON', { output: 'binary' }), 'hello\nworld');
});

test('an abort is no failure to decrypt', async () => {
  const aborted = AbortSignal.abort(new Error('over'));
  const options = { input: 'YAML', output: 'YAML', keys: new DataKeys(sourceOf('one')), signal: aborted } as const;
  await assert.rejects(decryptFile(Buffer.from(secret()), options), { message: 'over' });
});

test('a data key is asked for once', async () => {
  let asked = 0;
  const age: NonNullable<KeySources['age']> = {
    kind: 'age',
    decrypt(key, abort) {
      asked++;
      return sourceOf('one').age?.decrypt(key, abort) ?? Promise.reject(new Error('none'));
    },
  };
  const keys = new DataKeys({ age });
  const options = { input: 'YAML', output: 'YAML', keys, signal } as const;
  await Promise.all([decryptFile(Buffer.from(secret()), options), decryptFile(Buffer.from(secret()), options)]);
  assert.equal(asked, 1);
});

test('a damaged file ends in an error that says so, or in the same text', async () => {
  const files: readonly (readonly [string, Format])[] = [
    ['yaml-scalars', 'YAML'],
    ['json-values', 'JSON'],
    ['dotenv', 'dotenv'],
    ['ini', 'INI'],
    ['binary-bytes', 'binary'],
  ];
  for (const [name, format] of files) {
    const content = Buffer.from(encrypted(name));
    const changes = fc.array(fc.tuple(fc.nat(content.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(changes, fc.option(fc.nat(content.length)), async (list, length) => {
        const damaged = Uint8Array.from(length === null ? content : content.subarray(0, length));
        for (const [at, value] of list) damaged[at] = value;
        try {
          await decrypt(damaged, format);
        } catch (error) {
          assert.ok(error instanceof SopsError, String(error));
        }
      }),
      { numRuns: 60, seed: 1 },
    );
  }
});
