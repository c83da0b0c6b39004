import { createDecipheriv } from 'node:crypto';
import { Comment, type Leaf, Timestamp, textOrBytes } from './document.ts';
import { SopsError } from './sops-error.ts';

/** The parts are base64, so that no part can run over into the next: one pass, whatever the text is. */
const pattern =
  /^ENC\[AES256_GCM,data:([A-Za-z0-9+/=]+),iv:([A-Za-z0-9+/=]+),tag:([A-Za-z0-9+/=]+),type:([a-z]{1,16})\]/;

const tagLength = 16;

/**
 * The value behind an `ENC[AES256_GCM,…]` text. An empty text is an empty value, as SOPS writes it.
 *
 * @param key 32 bytes
 * @param context what the value is bound to: the path of its keys, each followed by a colon
 * @throws {@link SopsError} with code `value`
 */
export function decryptValue(text: string, key: Uint8Array, context: string): Leaf | Comment {
  if (text === '') return '';
  const [, data, iv, tag, type] = pattern.exec(text) ?? [];
  if (data === undefined || iv === undefined || tag === undefined || type === undefined) {
    throw new SopsError('value', "Input string <redacted> does not match sops' data format");
  }
  const sealed = Buffer.concat([Buffer.from(data, 'base64'), Buffer.from(tag, 'base64')]);
  return typed(open(sealed, Buffer.from(iv, 'base64'), key, context), type);
}

function open(sealed: Uint8Array, iv: Uint8Array, key: Uint8Array, context: string): Uint8Array {
  const end = sealed.length - tagLength;
  if (key.length !== 32) throw new SopsError('value', `the data key has ${key.length} bytes instead of 32`);
  if (end < 0) throw new SopsError('value', 'Could not decrypt with AES_GCM: message authentication failed');
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tagLength });
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(sealed.subarray(end));
    return Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()]);
  } catch {
    throw new SopsError('value', 'Could not decrypt with AES_GCM: message authentication failed');
  }
}

const trueTexts: ReadonlySet<string> = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const falseTexts: ReadonlySet<string> = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);
const float = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/;
const specialFloats: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  '+Inf': Number.POSITIVE_INFINITY,
  '-Inf': Number.NEGATIVE_INFINITY,
};
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[-+]\d\d:\d\d)$/;

/** The value that the bytes stand for (aes/cipher.go, Decrypt). */
function typed(bytes: Uint8Array, type: string): Leaf | Comment {
  const value = textOrBytes(bytes);
  if (type === 'str' || type === 'bytes') return value;
  if (typeof value === 'string') {
    if (type === 'comment') return new Comment(value);
    const found = scalar(value, type);
    if (found !== undefined) return found;
  }
  throw new SopsError('value', `a value of the type ${type} is not one`);
}

function scalar(text: string, type: string): Leaf | undefined {
  switch (type) {
    case 'int':
      return /^[-+]?\d{1,19}$/.test(text) ? int64(BigInt(text.replace(/^\+/, ''))) : undefined;
    case 'float':
      return float.test(text) ? Number(text) : specialFloats[text];
    case 'bool':
      return trueTexts.has(text) ? true : falseTexts.has(text) ? false : undefined;
    case 'time':
      return time.test(text) ? new Timestamp(text) : undefined;
    default:
      throw new SopsError('value', `Unknown datatype: ${type}`);
  }
}

function int64(value: bigint): bigint | undefined {
  return BigInt.asIntN(64, value) === value ? value : undefined;
}
