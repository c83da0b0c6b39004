const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** As many arguments as a call surely takes. */
const CHUNK = 8192;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Bytes in base 64 with padding (encoding/base64, StdEncoding). */
export function base64(bytes: Uint8Array): string {
  let characters = '';
  for (let at = 0; at < bytes.length; at += CHUNK) characters += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(characters);
}

/** Bytes in base 32 with padding (encoding/base32, StdEncoding). */
export function base32(bytes: Uint8Array): string {
  let out = '';
  let value = 0;
  let held = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xffff;
    held += 8;
    while (held >= 5) {
      held -= 5;
      out += BASE32[(value >> held) & 31];
    }
  }
  if (held > 0) out += BASE32[(value << (5 - held)) & 31];
  return out.padEnd(Math.ceil(out.length / 8) * 8, '=');
}

/** What could not be decoded, and where. */
export class CorruptInput extends Error {
  constructor(name: 'base64' | 'base32', at: number) {
    super(`illegal ${name} data at input byte ${at}`);
  }
}

/** The bytes of a text in base 64; line ends are skipped. Throws {@link CorruptInput} with Go's text. */
export function fromBase64(text: string): Uint8Array {
  return decode(text, { name: 'base64', alphabet: STANDARD, bits: 6, quantum: 4, partial: [2, 3] });
}

/** The bytes of a text in base 32; line ends are skipped. Throws {@link CorruptInput} with Go's text. */
export function fromBase32(text: string): Uint8Array {
  return decode(text, { name: 'base32', alphabet: BASE32, bits: 5, quantum: 8, partial: [2, 4, 5, 7] });
}

interface Alphabet {
  readonly name: 'base64' | 'base32';
  readonly alphabet: string;
  readonly bits: number;
  /** Characters of a whole group. */
  readonly quantum: number;
  /** How many characters of a last group may be data. */
  readonly partial: readonly number[];
}

function decode(text: string, { name, alphabet, bits, quantum, partial }: Alphabet): Uint8Array {
  const out: number[] = [];
  let value = 0;
  let held = 0;
  let inGroup = 0;
  let index = 0;
  for (; index < text.length; index++) {
    const character = text[index] ?? '';
    if (character === '\n' || character === '\r') continue;
    if (character === '=') break;
    const digit = alphabet.indexOf(character);
    if (digit < 0) throw new CorruptInput(name, index);
    value = ((value << bits) | digit) & 0xffff;
    held += bits;
    inGroup = (inGroup + 1) % quantum;
    if (held < 8) continue;
    held -= 8;
    out.push((value >> held) & 0xff);
  }
  checkEnd(text, index, inGroup, { name, quantum, partial });
  return Uint8Array.from(out);
}

/** Padding fills the last group up, and nothing follows it. */
function checkEnd(
  text: string,
  at: number,
  inGroup: number,
  { name, quantum, partial }: Pick<Alphabet, 'name' | 'quantum' | 'partial'>,
): void {
  const rest = text.slice(at).replace(/[\r\n]/g, '');
  if (inGroup === 0 && rest === '') return;
  const wanted = inGroup === 0 ? -1 : quantum - inGroup;
  if (rest === '') throw new CorruptInput(name, text.length - inGroup);
  if (wanted < 0 || !partial.includes(inGroup)) throw new CorruptInput(name, at);
  const padding = /^=*/.exec(rest)?.[0].length ?? 0;
  if (padding < wanted) throw new CorruptInput(name, padding < rest.length ? at + padding : text.length);
  if (rest.length > wanted) throw new CorruptInput(name, at + wanted);
}
