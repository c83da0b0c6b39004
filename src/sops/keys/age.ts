import { armor, Decrypter } from 'age-encryption';
import { errorMessage } from '../../lib/errors.ts';
import type { KeySource } from '../key-source.ts';

/**
 * Decrypts with age identities: X25519 (`AGE-SECRET-KEY-1…`) and post-quantum hybrid ones (`AGE-SECRET-KEY-PQ-1…`).
 * Identities of the environment or of the home directory, which the sops command falls back to, are never looked at.
 */
export function ageKeySource(identities: readonly string[]): KeySource<'age'> {
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  return {
    kind: 'age',
    async decrypt({ enc }, signal) {
      signal.throwIfAborted();
      if (identities.length === 0) throw new Error('failed to load age identities');
      try {
        return await decrypter.decrypt(armor.decode(enc));
      } catch (error) {
        const reason = errorMessage(error);
        throw new Error(`failed to create reader for decrypting sops data key with age: ${reason}`, { cause: error });
      }
    },
  };
}

/**
 * The identities of an age key file: one a line, empty lines and comments skipped (sops age/keysource.go,
 * parseIdentities). Throws an Error that names the line, never its text.
 */
export function parseAgeIdentities(text: string): readonly string[] {
  const identities: string[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line === '' || line.startsWith('#')) continue;
    try {
      new Decrypter().addIdentity(line);
    } catch {
      throw new Error(`failed to parse and add to age identities: line ${index + 1} ${complaint(line)}`);
    }
    identities.push(line);
  }
  return identities;
}

function complaint(line: string): string {
  if (line.startsWith('AGE-PLUGIN-')) return 'is the identity of an age plugin, and no plugin is ever run';
  return line.startsWith('AGE-SECRET-KEY-') ? 'is a malformed secret key' : 'is of an unknown identity type';
}
