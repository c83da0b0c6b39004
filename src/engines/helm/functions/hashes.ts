import { hmac } from '@noble/hashes/hmac.js';
import { sha1 } from '@noble/hashes/legacy.js';
import { scrypt } from '@noble/hashes/scrypt.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import * as bcryptjs from 'bcryptjs';
import { concatBytes } from '../../../lib/bytes.ts';
import { byteLength, toBytes } from '../../gotemplate/value/go-text.ts';
import { GoInt, type Runtime, type Value } from '../../gotemplate/value/values.ts';
import { hostOf } from '../host.ts';
import { base64 } from './base64.ts';
import { group, text } from './kit.ts';

/** Hashes and passwords (sprig, "Cryptographic and Security Functions"). */
export const hashFunctions = group([
  ['sha1sum', '(string) string', ([s]) => bytesToHex(sha1(toBytes(text(s))))],
  ['sha256sum', '(string) string', ([s]) => bytesToHex(sha256(toBytes(text(s))))],
  ['sha512sum', '(string) string', ([s]) => bytesToHex(sha512(toBytes(text(s))))],
  ['adler32sum', '(string) string', ([s]) => String(adler32(toBytes(text(s))))],
  ['bcrypt', '(string) string', ([s], runtime) => bcrypt(text(s), runtime)],
  ['htpasswd', '(string, string) string', ([user, password], runtime) => htpasswd(text(user), text(password), runtime)],
  [
    'derivePassword',
    '(uint32, string, string, string, string) string',
    ([counter, kind, password, user, site], runtime) => {
      runtime.spend(SCRYPT_COST);
      return derivePassword(counter, text(kind), text(password), text(user), text(site));
    },
  ],
]);

function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return b * 65_536 + a;
}

/** What these cost, in characters: they are made to be slow. */
const SCRYPT_COST = 8 << 20;
const BCRYPT_WORK = 2 << 20;

const BCRYPT_COST = 10;
const BCRYPT_BYTES = 72;

function bcrypt(password: string, runtime: Runtime): string {
  if (byteLength(password) > BCRYPT_BYTES)
    return 'failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes';
  runtime.spend(BCRYPT_WORK);
  // The library draws its salt from a source of its own choosing; the host's is the one that counts.
  const salt = bcryptjs.genSaltSync(BCRYPT_COST).slice(0, 7) + bcryptBase64(hostOf(runtime).random(16));
  return bcryptjs.hashSync(password, salt).replace(/^\$2b\$/, '$2a$');
}

const BCRYPT_ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function bcryptBase64(bytes: Uint8Array): string {
  return base64(bytes)
    .replace(/=+$/, '')
    .replace(/./g, (character) => BCRYPT_ALPHABET[ALPHABET.indexOf(character)] ?? '');
}

function htpasswd(user: string, password: string, runtime: Runtime): string {
  if (user.includes(':')) return `invalid username: ${user}`;
  return `${user}:${bcrypt(password, runtime)}`;
}

/** The templates of the Master Password algorithm, by type. */
const passwordTemplates: Readonly<Record<string, readonly string[]>> = {
  maximum: ['anoxxxxxxxxxxxxxxxxx', 'axxxxxxxxxxxxxxxxxno'],
  long: (
    'CvcvnoCvcvCvcv CvcvCvcvnoCvcv CvcvCvcvCvcvno CvccnoCvcvCvcv CvccCvcvnoCvcv CvccCvcvCvcvno CvcvnoCvccCvcv ' +
    'CvcvCvccnoCvcv CvcvCvccCvcvno CvcvnoCvcvCvcc CvcvCvcvnoCvcc CvcvCvcvCvccno CvccnoCvccCvcv CvccCvccnoCvcv ' +
    'CvccCvccCvcvno CvcvnoCvccCvcc CvcvCvccnoCvcc CvcvCvccCvccno CvccnoCvcvCvcc CvccCvcvnoCvcc CvccCvcvCvccno'
  ).split(' '),
  medium: ['CvcnoCvc', 'CvcCvcno'],
  short: ['Cvcn'],
  basic: ['aaanaaan', 'aannaaan', 'aaannaaa'],
  pin: ['nnnn'],
};

const passwordCharacters: Readonly<Record<string, string>> = {
  V: 'AEIOU',
  C: 'BCDFGHJKLMNPQRSTVWXYZ',
  v: 'aeiou',
  c: 'bcdfghjklmnpqrstvwxyz',
  A: 'AEIOUBCDFGHJKLMNPQRSTVWXYZ',
  a: 'AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz',
  n: '0123456789',
  o: "@&%?,=[]_:-+*$#!'^~;()/.",
  x: 'AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()',
};

const SEED = 'com.lyndir.masterpassword';

function derivePassword(counter: Value, kind: string, password: string, user: string, site: string): string {
  const templates = Object.hasOwn(passwordTemplates, kind) ? passwordTemplates[kind] : undefined;
  if (templates === undefined) return `cannot find password template ${kind}`;
  const salt = concatBytes([toBytes(SEED), uint32(byteLength(user)), toBytes(user)]);
  const key = scrypt(toBytes(password), salt, { N: 32_768, r: 8, p: 2, dkLen: 64 });
  const count = counter instanceof GoInt ? Number(counter.value) : 0;
  const seed = hmac(sha256, key, concatBytes([toBytes(SEED), uint32(byteLength(site)), toBytes(site), uint32(count)]));
  const template = templates[(seed[0] ?? 0) % templates.length] ?? '';
  return [...template]
    .map((letter, index) => {
      const characters = passwordCharacters[letter] ?? '';
      return characters[(seed[index + 1] ?? 0) % characters.length] ?? '';
    })
    .join('');
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}
