import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Branch } from './document.ts';
import { nameOfKey } from './master-key.ts';
import { type Metadata, parseMetadata } from './metadata.ts';
import { readYaml } from './stores/yaml-read.ts';

function parse(yaml: string): Metadata {
  const [branch = new Branch([])] = readYaml(yaml);
  return parseMetadata(branch);
}

test('what the first versions wrote, with lists that are empty or null', () => {
  const metadata = parse(`
attention: This section contains key material
kms: []
pgp:
- created_at: '2016-01-01T00:00:00Z'
  enc: x
  fp: ABC
age: null
unencrypted_suffix: _plain
lastmodified: '2016-01-01T00:00:00.123456+00:00'
mac: ENC[x]
version: 1.14
`);
  assert.deepEqual(metadata.keyGroups, [[{ kind: 'pgp', fp: 'ABC', enc: 'x' }]]);
  assert.equal(metadata.lastModified, '2016-01-01T00:00:00Z');
  assert.deepEqual(metadata.selector, { kind: 'unencrypted_suffix', suffix: '_plain' });
  assert.equal(metadata.macOnlyEncrypted, false);
});

test('texts of the flattened formats, a key that stands alone, a time without quotes', () => {
  const metadata = parse(`
age: {recipient: age1x, enc: y}
lastmodified: 2026-01-02T03:04:05+02:00
mac_only_encrypted: "true"
shamir_threshold: "2"
`);
  assert.deepEqual(metadata.keyGroups, [[{ kind: 'age', recipient: 'age1x', enc: 'y' }]]);
  assert.equal(metadata.lastModified, '2026-01-02T03:04:05+02:00');
  assert.equal(metadata.mac, '');
  assert.equal(metadata.macOnlyEncrypted, true);
  assert.equal(metadata.shamirThreshold, 2);
  assert.deepEqual(metadata.selector, { kind: 'unencrypted_suffix', suffix: '_unencrypted' });
});

test('keys of every kind, in the order in which they are tried, with their names', () => {
  const { keyGroups } = parse(`
age: [{recipient: age1x, enc: a}]
pgp: [{fp: FP, enc: b}]
hc_vault: [{vault_address: 'https://v', engine_path: transit, key_name: k, enc: c}]
azure_kv: [{vault_url: 'https://a', name: n, version: v, enc: d}]
hckms: [{key_id: 'r:k', enc: e}]
gcp_kms: [{resource_id: projects/p, enc: f}]
kms: [{arn: 'arn:x', role: 'arn:r', context: {a: b, n: 1}, aws_profile: p, enc: g}]
lastmodified: "2026-01-01T00:00:00Z"
`);
  assert.deepEqual(
    keyGroups.map((group) => group.map(({ kind }) => kind)),
    [['kms', 'gcp_kms', 'hckms', 'azure_kv', 'hc_vault', 'pgp', 'age']],
  );
  assert.deepEqual(keyGroups[0]?.map(nameOfKey), [
    'arn:x+arn:r',
    'projects/p',
    'r:k',
    'https://a/keys/n/v',
    'https://v/v1/transit/keys/k',
    'FP',
    'age1x',
  ]);
  const [kms] = keyGroups[0] ?? [];
  assert.deepEqual(kms?.kind === 'kms' ? kms.context : {}, { a: 'b', n: '1' });
});

test('keys beside groups are all that counts, as upstream has it', () => {
  const { keyGroups } = parse(`
age: [{recipient: outside, enc: a}]
key_groups: [{age: [{recipient: inside, enc: b}]}]
lastmodified: "2026-01-01T00:00:00Z"
`);
  assert.deepEqual(keyGroups, [[{ kind: 'age', recipient: 'outside', enc: 'a' }]]);
});

test('malformed metadata is refused', () => {
  const rest = 'lastmodified: "2026-01-01T00:00:00Z"\n';
  const cases: readonly (readonly [string, RegExp])[] = [
    [`${rest}age: [x]`, /a key is not a mapping/],
    [`${rest}age: [{recipient: [], enc: a}]`, /recipient is not a text/],
    [`${rest}age: [{recipient: a}]\nshamir_threshold: many`, /shamir_threshold is not a number/],
    ['lastmodified: yesterday', /lastmodified is not a time/],
    [rest, /No keys found in file/],
  ];
  for (const [yaml, want] of cases) assert.throws(() => parse(yaml), want);
});
