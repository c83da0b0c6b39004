import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { DataKeys } from './data-keys.ts';
import { decryptFile } from './decrypt.ts';
import { ageKeySource, parseAgeIdentities } from './keys/age.ts';
import { parsePgpKeys, pgpKeySource } from './keys/pgp.ts';
import { formatOfPath } from './stores/format.ts';

const testdata = join(import.meta.dirname, 'testdata');
const { signal } = new AbortController();

function identities(...names: readonly string[]): readonly string[] {
  return names.flatMap((name) => parseAgeIdentities(readFileSync(join(testdata, 'keys', `${name}.agekey`), 'utf8')));
}

const secretKeys = ['rsa', 'curve25519', 'nistp384', 'brainpool'].flatMap((name) =>
  parsePgpKeys(readFileSync(join(testdata, 'keys', `${name}.asc`))),
);

const keys = (): DataKeys =>
  new DataKeys({ age: ageKeySource(identities('one', 'three', 'post-quantum')), pgp: pgpKeySource(secretKeys) });

for (const file of globSync('*/case.json', { cwd: testdata })) {
  const name = dirname(file);
  test(`${name} decrypts to what the original makes of it`, async () => {
    const { plain } = JSON.parse(readFileSync(join(testdata, file), 'utf8')) as { readonly plain: string };
    const format = formatOfPath(plain);
    const encrypted = readFileSync(join(testdata, name, 'encrypted'));
    const found = await decryptFile(encrypted, { input: format, output: format, keys: keys(), signal });
    const expected = readFileSync(join(testdata, name, 'expected'));
    assert.equal(Buffer.from(found).toString(), expected.toString());
    assert.deepEqual(Buffer.from(found), expected);
  });
}
