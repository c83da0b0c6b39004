import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { int, type Runtime } from '../../gotemplate/value/values.ts';
import { hostOf } from '../host.ts';
import { base64 } from './base64.ts';
import { group, text, whole } from './kit.ts';

const DIGITS = '0123456789';
/** What drawing a character costs, beside the character. */
const DRAW = 32;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PRINTABLE = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');

/** What is another one every time (sprig, "String Functions", "UUID Functions"); the host gives the chance. */
export const randomFunctions = group([
  ['randAlphaNum', '(int) string', ([count], runtime) => pick(DIGITS + LETTERS, whole(count), runtime)],
  ['randAlpha', '(int) string', ([count], runtime) => pick(LETTERS, whole(count), runtime)],
  ['randNumeric', '(int) string', ([count], runtime) => pick(DIGITS, whole(count), runtime)],
  ['randAscii', '(int) string', ([count], runtime) => pick(PRINTABLE, whole(count), runtime)],
  [
    'randBytes',
    '(int) (string, error)',
    ([count], runtime) => {
      if (whole(count) < 0) throw new FunctionError('runtime error: makeslice: len out of range');
      runtime.spend(whole(count));
      return base64(hostOf(runtime).random(whole(count)));
    },
  ],
  [
    'randInt',
    '(int, int) int',
    ([least, limit], runtime) => {
      if (whole(limit) <= whole(least)) throw new FunctionError('invalid argument to Intn');
      return int(whole(least) + below(whole(limit) - whole(least), runtime));
    },
  ],
  ['shuffle', '(string) string', ([s], runtime) => shuffle(text(s), runtime)],
  ['uuidv4', '() string', (_, runtime) => uuid(hostOf(runtime).random(16))],
]);

/** A whole number from 0 to below the limit, every one as likely: what does not divide evenly is drawn again. */
function below(limit: number, runtime: Runtime): number {
  const host = hostOf(runtime);
  const most = Math.floor(2 ** 48 / limit) * limit;
  for (;;) {
    const value = host.random(6).reduce((sum, byte) => sum * 256 + byte, 0);
    if (value < most) return value % limit;
  }
}

function pick(characters: string, count: number, runtime: Runtime): string {
  if (count <= 0) return '';
  runtime.spend(count * DRAW);
  return Array.from({ length: count }, () => characters[below(characters.length, runtime)]).join('');
}

/** Fisher and Yates. */
function shuffle(value: string, runtime: Runtime): string {
  const characters = [...value];
  runtime.spend(characters.length * DRAW);
  for (let index = characters.length - 1; index > 0; index--) {
    const other = below(index + 1, runtime);
    [characters[index], characters[other]] = [characters[other] ?? '', characters[index] ?? ''];
  }
  return characters.join('');
}

/** RFC 9562, version 4. */
function uuid(bytes: Uint8Array): string {
  const marked = Uint8Array.from(bytes);
  marked[6] = ((marked[6] ?? 0) & 0x0f) | 0x40;
  marked[8] = ((marked[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...marked].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
