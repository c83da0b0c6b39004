import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePgpKeys } from '../keys/pgp.ts';
import { decodeArmor } from './armor.ts';
import { decryptMessage } from './decrypt-message.ts';
import { PgpError } from './pgp-error.ts';
import { readSecretKeys, type SecretKey } from './secret-key.ts';

interface Fixture {
  readonly keys: readonly SecretKey[];
  readonly key: Uint8Array;
  readonly message: Uint8Array;
}

function fixture(name: string): Fixture {
  const content = readFileSync(join(import.meta.dirname, 'testdata', `${name}.asc`));
  const [key] = decodeArmor(content.toString(), 'PRIVATE KEY BLOCK');
  const [message] = decodeArmor(content.toString(), 'MESSAGE');
  assert.ok(key !== undefined && message !== undefined);
  return { keys: parsePgpKeys(content), key, message };
}

const messages: readonly (readonly [name: string, what: string])[] = [
  ['camellia', 'another cipher, without compression'],
  ['gnupg-ocb', 'the authenticated encryption of GnuPG 2.3 and later, in several chunks'],
  ['hidden-recipient', 'a message that names no recipient, with 3DES'],
  ['offline-primary', 'a subkey whose primary key is elsewhere'],
  ['v4-p256-zip', 'NIST P-256'],
  ['v4-p521-zlib', 'NIST P-521'],
  ['v4-x25519', 'X25519 by its own algorithm number'],
  ['v4-rsa-ocb', 'RSA with authenticated encryption'],
  ['v6-gcm', 'version 6 with GCM'],
  ['v6-ocb', 'version 6 with OCB'],
];

for (const [name, what] of messages) {
  test(`${name}: ${what}`, () => {
    const { keys, message } = fixture(name);
    assert.match(Buffer.from(decryptMessage(message, keys)).toString(), /^message for /);
  });
}

const refused: readonly (readonly [name: string, want: RegExp])[] = [
  ['passphrase', /^the secret key [0-9A-F]{40} is protected by a passphrase: export it without one$/],
  ['no-mdc', /^the integrity of the message is not protected$/],
  ['bzip2', /^the compression 3 is not supported$/],
];

for (const [name, want] of refused) {
  test(`${name} is refused`, () => {
    const { keys, message } = fixture(name);
    assert.throws(() => decryptMessage(message, keys), { name: 'PgpError', message: want });
  });
}

test('a message for somebody else names whom it is for', () => {
  const { message } = fixture('v6-gcm');
  assert.throws(() => decryptMessage(message, fixture('v6-ocb').keys), /^PgpError: no secret key: it is encrypted for/);
});

test('public keys and other texts have no secret keys', () => {
  assert.deepEqual(
    parsePgpKeys(Buffer.from('-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n')),
    [],
  );
  assert.throws(() => parsePgpKeys(Buffer.from('hello')), PgpError);
});

test('no bit of what is sealed can be changed', () => {
  for (const name of ['v6-gcm', 'v6-ocb', 'gnupg-ocb', 'camellia']) {
    const { keys, message } = fixture(name);
    for (let back = 1; back < 60; back++) {
      const changed = Uint8Array.from(message);
      changed[changed.length - back] = (changed[changed.length - back] ?? 0) ^ 1;
      assert.throws(() => decryptMessage(changed, keys), PgpError, `${name}, ${back} bytes before the end`);
    }
  }
});

test('a damaged key or message ends in an error that says so, or is not noticed', () => {
  for (const [name] of messages) {
    const { key, message } = fixture(name);
    const damage = fc.tuple(
      fc.constantFrom(key, message),
      fc.array(fc.tuple(fc.nat(4000), fc.nat(255)), { maxLength: 4 }),
      fc.option(fc.nat(4000)),
    );
    fc.assert(
      fc.property(damage, ([bytes, changes, length]) => {
        const damaged = Uint8Array.from(length === null ? bytes : bytes.subarray(0, length));
        for (const [at, value] of changes) damaged[at % bytes.length] = value;
        try {
          decryptMessage(bytes === key ? message : damaged, readSecretKeys(bytes === key ? damaged : key));
        } catch (error) {
          assert.ok(error instanceof PgpError, String(error));
        }
      }),
      { numRuns: 150, seed: 1 },
    );
  }
});
