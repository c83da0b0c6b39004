import { inflateRawSync, inflateSync } from 'node:zlib';
import { ByteReader } from './byte-reader.ts';
import { type Packet, readPackets, TAG } from './packets.ts';
import { PgpError } from './pgp-error.ts';
import { openOcb, openSealed } from './sealed-data.ts';
import type { SecretKey } from './secret-key.ts';
import { decryptSessionKey, readEncryptedSessionKey, type SessionKey } from './session-key.ts';

/** A data key has 32 bytes, or 33 as a share; nothing much larger is expected. */
const maxBytes = 1 << 20;

/**
 * The content of an OpenPGP message that is encrypted for one of the keys (RFC 4880 and 9580, and GnuPG's packet 20).
 * Messages without protection of their integrity are refused. Throws {@link PgpError}.
 */
export function decryptMessage(message: Uint8Array, keys: readonly SecretKey[]): Uint8Array {
  const packets = readPackets(message);
  const data = packets.find(({ tag }) => tag === TAG.sealed || tag === TAG.ocb || tag === TAG.unprotected);
  if (data === undefined) throw new PgpError('the message is not encrypted');
  if (data.tag === TAG.unprotected) throw new PgpError('the integrity of the message is not protected');
  const recipients: string[] = [];
  let failure: PgpError | undefined;
  for (const encrypted of packets.flatMap(({ tag, body }) => (tag === TAG.sessionKey ? [body] : []))) {
    const parsed = readEncryptedSessionKey(encrypted);
    if (parsed === undefined) continue;
    recipients.push(parsed.keyId ?? 'a hidden one');
    for (const key of keys) {
      if (parsed.keyId !== undefined && parsed.keyId !== key.keyId) continue;
      try {
        return literalOf(open(data, decryptSessionKey(parsed, key)), 0);
      } catch (error) {
        if (!(error instanceof PgpError)) throw error;
        failure = error;
      }
    }
  }
  throw failure ?? new PgpError(`no secret key: it is encrypted for ${recipients.join(', ') || 'nobody'}`);
}

function open({ tag, body }: Packet, session: SessionKey): Uint8Array {
  return tag === TAG.ocb ? openOcb(body, session) : openSealed(body, session);
}

function literalOf(bytes: Uint8Array, depth: number): Uint8Array {
  for (const { tag, body } of readPackets(bytes)) {
    if (tag === TAG.literal) {
      const reader = new ByteReader(body);
      reader.byte();
      reader.take(reader.byte());
      reader.take(4);
      return reader.rest();
    }
    if (tag === TAG.compressed) {
      if (depth === 2) throw new PgpError('the message is compressed more often than makes sense');
      return literalOf(inflate(body), depth + 1);
    }
  }
  throw new PgpError('the message has no content');
}

function inflate(body: Uint8Array): Uint8Array {
  const [algorithm] = body;
  const data = body.subarray(1);
  if (algorithm === 0) return data;
  const method = algorithm === 1 ? inflateRawSync : algorithm === 2 ? inflateSync : undefined;
  if (method === undefined) throw new PgpError(`the compression ${algorithm} is not supported`);
  try {
    return method(data, { maxOutputLength: maxBytes });
  } catch (error) {
    throw new PgpError('the compressed data is malformed or too large', { cause: error });
  }
}
