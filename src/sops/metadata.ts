import { Branch, Comment, isList, Timestamp, type Value } from './document.ts';
import type { MasterKey } from './master-key.ts';
import { SopsError } from './sops-error.ts';

/** Which values of a document are encrypted. */
export type Selector =
  | { readonly kind: 'encrypted_suffix' | 'unencrypted_suffix'; readonly suffix: string }
  | { readonly kind: 'encrypted_regex' | 'unencrypted_regex'; readonly regex: string }
  | { readonly kind: 'encrypted_comment_regex' | 'unencrypted_comment_regex'; readonly regex: string };

/** What SOPS keeps beside the values (getsops/sops stores/stores.go). */
export interface Metadata {
  /** The encrypted MAC. */
  readonly mac: string;
  /** RFC 3339 without a fraction: the MAC is bound to this text. */
  readonly lastModified: string;
  readonly selector: Selector;
  /** The MAC covers encrypted values alone. */
  readonly macOnlyEncrypted: boolean;
  /** How many groups are needed; 0 stands for all. */
  readonly shamirThreshold: number;
  /** One group holds the data key itself; each of several holds a share of it. */
  readonly keyGroups: readonly (readonly MasterKey[])[];
}

type Fields = ReadonlyMap<string, Value>;

/** More than anybody has: each may cost a call to a key management service. */
const maxKeys = 200;

/** Reads the value of the `sops` key. Throws {@link SopsError} with code `format`. */
export function parseMetadata(branch: Branch): Metadata {
  const fields = fieldsOf(branch);
  return {
    mac: text(fields, 'mac'),
    lastModified: instant(text(fields, 'lastmodified')),
    selector: selectorOf(fields),
    macOnlyEncrypted: flag(fields, 'mac_only_encrypted'),
    shamirThreshold: integer(fields, 'shamir_threshold'),
    keyGroups: keyGroupsOf(fields),
  };
}

function fieldsOf(branch: Branch): Fields {
  const fields = new Map<string, Value>();
  for (const { key, value } of branch.items) if (typeof key === 'string') fields.set(key, value);
  return fields;
}

/** Scalars are read loosely, because the flattened formats make texts of all of them. */
function text(fields: Fields, name: string): string {
  const value = fields.get(name) ?? '';
  if (value instanceof Timestamp) return value.text;
  if (typeof value === 'object') throw malformed(`${name} is not a text`);
  return String(value);
}

function flag(fields: Fields, name: string): boolean {
  return ['true', 'True', 'TRUE', 't', 'T', '1'].includes(text(fields, name));
}

function integer(fields: Fields, name: string): number {
  const found = text(fields, name);
  if (found === '') return 0;
  if (!/^\d{1,3}$/.test(found)) throw malformed(`${name} is not a number from 0 to 999`);
  return Number(found);
}

const rfc3339 = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:[.,]\d+)?([Zz]|[-+]\d\d:\d\d)$/;

function instant(found: string): string {
  const [, date, clock, zone] = rfc3339.exec(found) ?? [];
  if (date === undefined || clock === undefined || zone === undefined) {
    throw malformed('lastmodified is not a time as RFC 3339 writes it');
  }
  return `${date}T${clock}${/^(?:[Zz]|[-+]00:00)$/.test(zone) ? 'Z' : zone}`;
}

function selectorOf(fields: Fields): Selector {
  const found: Selector[] = [];
  for (const kind of ['unencrypted_suffix', 'encrypted_suffix'] as const) {
    const suffix = text(fields, kind);
    if (suffix !== '') found.push({ kind, suffix });
  }
  const patterns = [
    'unencrypted_regex',
    'encrypted_regex',
    'unencrypted_comment_regex',
    'encrypted_comment_regex',
  ] as const;
  for (const kind of patterns) {
    const regex = text(fields, kind);
    if (regex !== '') found.push({ kind, regex });
  }
  if (found.length > 1) {
    throw malformed(
      'Cannot use more than one of encrypted_suffix, unencrypted_suffix, encrypted_regex, unencrypted_regex, encrypted_comment_regex, or unencrypted_comment_regex in the same file',
    );
  }
  return found[0] ?? { kind: 'unencrypted_suffix', suffix: '_unencrypted' };
}

/** The lists in the order in which SOPS tries their keys. */
const readers: readonly (readonly [list: string, read: (fields: Fields) => MasterKey])[] = [
  [
    'kms',
    (f) => ({
      kind: 'kms',
      arn: text(f, 'arn'),
      role: text(f, 'role'),
      context: textsOf(f.get('context')),
      awsProfile: text(f, 'aws_profile'),
      enc: text(f, 'enc'),
    }),
  ],
  ['gcp_kms', (f) => ({ kind: 'gcp_kms', resourceId: text(f, 'resource_id'), enc: text(f, 'enc') })],
  ['hckms', (f) => ({ kind: 'hckms', keyId: text(f, 'key_id'), enc: text(f, 'enc') })],
  [
    'azure_kv',
    (f) => ({
      kind: 'azure_kv',
      vaultUrl: text(f, 'vault_url'),
      name: text(f, 'name'),
      version: text(f, 'version'),
      enc: text(f, 'enc'),
    }),
  ],
  [
    'hc_vault',
    (f) => ({
      kind: 'hc_vault',
      vaultAddress: text(f, 'vault_address'),
      enginePath: text(f, 'engine_path'),
      keyName: text(f, 'key_name'),
      enc: text(f, 'enc'),
    }),
  ],
  ['pgp', (f) => ({ kind: 'pgp', fp: text(f, 'fp'), enc: text(f, 'enc') })],
  ['age', (f) => ({ kind: 'age', recipient: text(f, 'recipient'), enc: text(f, 'enc') })],
];

function keyGroupsOf(fields: Fields): readonly (readonly MasterKey[])[] {
  const plain = keysOf(fields);
  const groups = plain.length > 0 ? [plain] : mappingsOf(fields.get('key_groups')).map(keysOf);
  if (groups.length === 0) throw malformed('No keys found in file');
  if (groups.reduce((sum, { length }) => sum + length, 0) > maxKeys) throw malformed(`more than ${maxKeys} keys`);
  return groups;
}

function keysOf(fields: Fields): readonly MasterKey[] {
  return readers.flatMap(([list, read]) => mappingsOf(fields.get(list)).map(read));
}

/** The mappings of a list; one that stands alone is a list of itself. */
function mappingsOf(value: Value | undefined): readonly Fields[] {
  if (value === undefined || value === null) return [];
  const all = isList(value) ? value : [value];
  return all.flatMap((one) => {
    if (one instanceof Comment) return [];
    if (!(one instanceof Branch)) throw malformed('a key is not a mapping');
    return [fieldsOf(one)];
  });
}

function textsOf(value: Value | undefined): Readonly<Record<string, string>> {
  if (!(value instanceof Branch)) return {};
  const fields = fieldsOf(value);
  return Object.fromEntries([...fields.keys()].map((name) => [name, text(fields, name)]));
}

function malformed(reason: string): SopsError {
  return new SopsError('format', reason);
}
