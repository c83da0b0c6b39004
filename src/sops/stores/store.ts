import { Branch, type Branches, Comment, type Item, textOrBytes } from '../document.ts';
import { type Metadata, parseMetadata } from '../metadata.ts';
import { SopsError } from '../sops-error.ts';
import { readDotenv, writeDotenv } from './dotenv.ts';
import { unflatten } from './flatten.ts';
import type { Format } from './format.ts';
import { readIni } from './ini-read.ts';
import { writeIni } from './ini-write.ts';
import { readJson } from './json-read.ts';
import { writeJson } from './json-write.ts';
import { readYaml } from './yaml-read.ts';
import { writeYaml } from './yaml-write.ts';

/** An encrypted file, its metadata taken out. */
export interface Encrypted {
  readonly branches: Branches;
  readonly metadata: Metadata;
}

/** Reads an encrypted file. Throws {@link SopsError} with code `format`. */
export function readEncrypted(content: Uint8Array, format: Format): Encrypted {
  const text = textOrBytes(content);
  if (typeof text !== 'string') throw new SopsError('format', 'it is not UTF-8');
  switch (format) {
    case 'binary':
    case 'JSON':
      return nested(readJson(text));
    case 'YAML':
      return nested(readYaml(text));
    case 'INI':
      return belowTop(readIni(text));
    case 'dotenv':
      return prefixed(readDotenv(text));
  }
}

/** Writes what was decrypted. Throws {@link SopsError} with code `output` when the format cannot hold it. */
export function writeDecrypted(branches: Branches, format: Format): Uint8Array {
  const first = branches[0] ?? new Branch([]);
  switch (format) {
    case 'binary':
      return binaryOf(branches);
    case 'JSON':
      return Buffer.from(writeJson(first));
    case 'YAML':
      return Buffer.from(writeYaml(branches));
    case 'INI':
      return Buffer.from(writeIni(first));
    case 'dotenv':
      return Buffer.from(writeDotenv(first));
  }
}

const metadataKey = 'sops';

/** Takes the metadata out of branches, which have it under one key; the first branch's counts. */
export function nested(branches: Branches): Encrypted {
  return { branches: branches.map(withoutMetadata), metadata: parseMetadata(metadataOf(branches)) };
}

function withoutMetadata({ items }: Branch): Branch {
  return new Branch(items.filter(({ key }) => key !== metadataKey));
}

function metadataOf(branches: Branches): Branch {
  const [found, second] = (branches[0]?.items ?? []).filter(({ key }) => key === metadataKey);
  if (found === undefined) throw new SopsError('format', 'sops metadata not found');
  if (second !== undefined) throw new SopsError('format', `Found duplicate ${metadataKey} entry`);
  if (!(found.value instanceof Branch)) {
    throw new SopsError('format', `Found ${metadataKey} entry that is not a mapping`);
  }
  return found.value;
}

/** INI: a section whose keys are flattened, with line breaks written as `\n`. */
function belowTop(branches: Branches): Encrypted {
  const { items } = metadataOf(branches);
  const unescaped = items.map(({ key, value }) => ({
    key,
    value: typeof value === 'string' ? value.replaceAll('\\n', '\n') : value,
  }));
  return { branches: branches.map(withoutMetadata), metadata: parseMetadata(unflatten(new Branch(unescaped))) };
}

/** Dotenv: flattened keys that begin with `sops_`. */
function prefixed(branches: Branches): Encrypted {
  const prefix = `${metadataKey}_`;
  const metadata: Item[] = [];
  const rest: Item[] = [];
  for (const item of branches[0]?.items ?? []) {
    const { key } = item;
    if (!(key instanceof Comment) && key.startsWith(prefix)) metadata.push({ ...item, key: key.slice(prefix.length) });
    else rest.push(item);
  }
  if (metadata.length === 0) throw new SopsError('format', 'sops metadata not found');
  return { branches: [new Branch(rest)], metadata: parseMetadata(unflatten(new Branch(metadata))) };
}

/** A binary file is the value of `data`. */
function binaryOf(branches: Branches): Uint8Array {
  const fail = (reason: string): SopsError => new SopsError('output', `error emitting binary store: ${reason}`);
  const [branch, second] = branches;
  if (branch === undefined || second !== undefined) throw fail('there must be exactly one tree branch');
  const data = branch.items.find(({ key }) => key === 'data');
  if (data === undefined) throw fail('no binary data found in tree');
  if (typeof data.value === 'string') return Buffer.from(data.value);
  if (data.value instanceof Uint8Array) return data.value;
  throw fail("'data' key in tree does not have a string value");
}
