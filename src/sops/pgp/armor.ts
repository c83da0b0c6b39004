import { PgpError } from './pgp-error.ts';

const block = /-----BEGIN PGP ([A-Z ]{1,40})-----[ \t]*\r?\n([\s\S]*?)-----END PGP \1-----/g;

/** The contents of the armored blocks of one kind, as `PRIVATE KEY BLOCK` (RFC 9580, 6.2). Throws {@link PgpError}. */
export function decodeArmor(text: string, kind: string): readonly Uint8Array[] {
  return [...text.matchAll(block)].filter(([, found]) => found === kind).map(([, , body = '']) => decodeBody(body));
}

/** Headers, an empty line, base64, and an optional checksum, which integrity does not hang on. */
function decodeBody(body: string): Uint8Array {
  const lines = body.split(/\r?\n/).map((line) => line.trim());
  const empty = lines.indexOf('');
  const headers = lines.slice(0, Math.max(empty, 0));
  const from = headers.every((line) => /^[A-Za-z-]+: /.test(line)) ? empty + 1 : 0;
  const data = lines.slice(from).filter((line) => line !== '' && !line.startsWith('='));
  const base64 = data.join('');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) throw new PgpError('the armor is no base64');
  return Buffer.from(base64, 'base64');
}
