import { base64, CorruptInput, fromBase64 } from '../functions/base64.ts';

/** A block of PEM. */
export interface PemBlock {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** Bytes as PEM, 64 characters a line. */
export function writePem({ type, bytes }: PemBlock): string {
  const lines = base64(bytes).replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${type}-----\n${lines}\n-----END ${type}-----\n`;
}

/** The first block of PEM in a text; undefined when there is none. */
export function readPem(text: string): PemBlock | undefined {
  const begin = /-----BEGIN ([^-\n]+)-----\r?\n/.exec(text);
  if (begin === null) return undefined;
  const [{ length }, type = ''] = begin;
  const start = begin.index + length;
  const end = text.indexOf(`-----END ${type}-----`, start);
  if (end < 0) return undefined;
  try {
    return { type, bytes: fromBase64(text.slice(start, end).replace(/[ \t]/g, '')) };
  } catch (error) {
    if (error instanceof CorruptInput) return undefined;
    throw error;
  }
}
