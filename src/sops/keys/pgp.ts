import { errorMessage } from '../../lib/errors.ts';
import type { KeySource } from '../key-source.ts';
import { decodeArmor } from '../pgp/armor.ts';
import { decryptMessage } from '../pgp/decrypt-message.ts';
import { PgpError } from '../pgp/pgp-error.ts';
import { readSecretKeys, type SecretKey } from '../pgp/secret-key.ts';

/** Decrypts with OpenPGP secret keys, in this process: there is no gpg, no agent and no keyring. */
export function pgpKeySource(secretKeys: readonly SecretKey[]): KeySource<'pgp'> {
  return {
    kind: 'pgp',
    async decrypt({ enc }, signal) {
      signal.throwIfAborted();
      try {
        const [message] = decodeArmor(enc, 'MESSAGE');
        if (message === undefined) throw new PgpError('it is no armored OpenPGP message');
        return decryptMessage(message, secretKeys);
      } catch (error) {
        throw new Error(`failed to decrypt sops data key with pgp: ${errorMessage(error)}`, { cause: error });
      }
    },
  };
}

/**
 * The secret keys of an exported key, armored or not; there are none in a public key. Throws PgpError when it is neither.
 */
export function parsePgpKeys(content: Uint8Array): readonly SecretKey[] {
  const text = Buffer.from(content).toString('latin1');
  const blocks = text.includes('-----BEGIN PGP') ? decodeArmor(text, 'PRIVATE KEY BLOCK') : [content];
  return blocks.flatMap(readSecretKeys);
}
