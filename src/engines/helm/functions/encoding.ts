import { fromBytes, toBytes } from '../../gotemplate/value/go-text.ts';
import { base32, base64, CorruptInput, fromBase32, fromBase64 } from './base64.ts';
import { characters, group, text } from './kit.ts';

/** Functions of encodings (sprig, "Encoding Functions"). */
export const encodingFunctions = group([
  ['b64enc', '(string) string', ([s]) => base64(toBytes(text(s)))],
  ['b64dec', '(string) string', ([s], runtime) => decoded(() => fromBase64(characters(s, runtime)))],
  ['b32enc', '(string) string', ([s], runtime) => base32(toBytes(characters(s, runtime)))],
  ['b32dec', '(string) string', ([s], runtime) => decoded(() => fromBase32(characters(s, runtime)))],
]);

/** What cannot be decoded gives the error as text, as sprig has it. */
function decoded(decode: () => Uint8Array): string {
  try {
    return fromBytes(decode());
  } catch (error) {
    if (error instanceof CorruptInput) return error.message;
    throw error;
  }
}
