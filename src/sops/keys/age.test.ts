import assert from 'node:assert/strict';
import { test } from 'node:test';
import { armor, Encrypter, generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { AgeKey } from '../master-key.ts';
import { ageKeySource, parseAgeIdentities } from './age.ts';

const { signal } = new AbortController();
const dataKey = new Uint8Array(32).fill(7);

async function keyFor(identity: string): Promise<AgeKey> {
  const recipient = await identityToRecipient(identity);
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return { kind: 'age', recipient, enc: armor.encode(await encrypter.encrypt(dataKey)) };
}

test('both kinds of identity decrypt, in any order', async () => {
  const classic = await generateX25519Identity();
  const hybrid = await generateHybridIdentity();
  const source = ageKeySource([classic, hybrid]);
  for (const identity of [classic, hybrid]) {
    assert.deepEqual(await source.decrypt(await keyFor(identity), signal), dataKey);
  }
});

test('the wrong identity, none at all and a damaged message are told', async () => {
  const key = await keyFor(await generateX25519Identity());
  const other = ageKeySource([await generateX25519Identity()]);
  await assert.rejects(other.decrypt(key, signal), /no identity matched any of the file's recipients/);
  await assert.rejects(ageKeySource([]).decrypt(key, signal), /failed to load age identities/);
  await assert.rejects(other.decrypt({ ...key, enc: 'x' }, signal), /invalid header/);
});

test('a key file has one identity a line, and errors do not repeat it', async () => {
  const classic = await generateX25519Identity();
  const hybrid = await generateHybridIdentity();
  const file = `# created: today\r\n\n${classic}\r\n# pq\n${hybrid}\n`;
  assert.deepEqual(parseAgeIdentities(file), [classic, hybrid]);
  assert.throws(() => parseAgeIdentities('\nAGE-SECRET-KEY-1SECRET'), /line 2 is a malformed secret key$/);
  assert.throws(() => parseAgeIdentities('AGE-PLUGIN-YUBIKEY-1ABC'), /line 1 is the identity of an age plugin/);
  assert.throws(() => parseAgeIdentities('hello'), /line 1 is of an unknown identity type$/);
});
