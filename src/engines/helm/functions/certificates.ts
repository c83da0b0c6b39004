import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { printPlain } from '../../gotemplate/fmt/print-value.ts';
import { fromBytes, toBytes } from '../../gotemplate/value/go-text.ts';
import { GoSlice, GoStruct, type Meter, type Runtime, type Value } from '../../gotemplate/value/values.ts';
import type { CryptoPort, PrivateKey } from '../crypto-port.ts';
import { hostOf } from '../host.ts';
import { createCertificate, type Issuer, readIssuer } from '../x509/certificate.ts';
import { parseIp } from '../x509/ip.ts';
import { readPem, writePem } from '../x509/pem.ts';
import { base64, CorruptInput, fromBase64 } from './base64.ts';
import { group, text, whole } from './kit.ts';

/** Keys, certificates and sealed text (sprig, "Cryptographic and Security Functions"). */
export const certificateFunctions = group([
  ['genPrivateKey', '(string) string', ([kind], runtime) => privateKey(text(kind), runtime)],
  [
    'buildCustomCert',
    '(string, string) (sprig.certificate, error)',
    ([cert, key], r) => customCert(text(cert), text(key), r),
  ],
  [
    'genCA',
    '(string, int) (sprig.certificate, error)',
    ([name, days], runtime) => issue({ name: text(name), days: whole(days), isCa: true }, runtime),
  ],
  [
    'genCAWithKey',
    '(string, int, string) (sprig.certificate, error)',
    ([name, days, key], runtime) => issue({ name: text(name), days: whole(days), isCa: true, key: text(key) }, runtime),
  ],
  [
    'genSelfSignedCert',
    '(string, []any, []any, int) (sprig.certificate, error)',
    ([name, ips, dns, days], runtime) => issue({ name: text(name), ips, dns, days: whole(days) }, runtime),
  ],
  [
    'genSelfSignedCertWithKey',
    '(string, []any, []any, int, string) (sprig.certificate, error)',
    ([name, ips, dns, days, key], runtime) =>
      issue({ name: text(name), ips, dns, days: whole(days), key: text(key) }, runtime),
  ],
  [
    'genSignedCert',
    '(string, []any, []any, int, sprig.certificate) (sprig.certificate, error)',
    ([name, ips, dns, days, ca], runtime) => issue({ name: text(name), ips, dns, days: whole(days), ca }, runtime),
  ],
  [
    'genSignedCertWithKey',
    '(string, []any, []any, int, sprig.certificate, string) (sprig.certificate, error)',
    ([name, ips, dns, days, ca, key], runtime) =>
      issue({ name: text(name), ips, dns, days: whole(days), ca, key: text(key) }, runtime),
  ],
  ['encryptAES', '(string, string) (string, error)', ([key, s], runtime) => encrypt(text(key), text(s), runtime)],
  ['decryptAES', '(string, string) (string, error)', ([key, s], runtime) => decrypt(text(key), text(s), runtime)],
]);

/** What making a key costs, in characters: some take a second. */
const KEY_COST: Readonly<Record<Parameters<CryptoPort['generateKey']>[0], number>> = {
  rsa: 16 << 20,
  'rsa-2048': 2 << 20,
  dsa: 16 << 20,
  ecdsa: 16 << 10,
  ed25519: 16 << 10,
};

function newKey(kind: keyof typeof KEY_COST, runtime: Runtime): PrivateKey {
  runtime.spend(KEY_COST[kind]);
  return cryptoOf(runtime).generateKey(kind);
}

function cryptoOf(runtime: Runtime): CryptoPort {
  const { crypto } = hostOf(runtime);
  if (crypto === undefined) throw new FunctionError('keys and certificates cannot be made here');
  return crypto;
}

/** What the port says went wrong becomes an error of the function. */
function attempt<T>(prefix: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new FunctionError(`${prefix}${error instanceof Error ? error.message : String(error)}`);
  }
}

const kinds: Readonly<Record<string, Parameters<CryptoPort['generateKey']>[0]>> = {
  '': 'rsa',
  rsa: 'rsa',
  dsa: 'dsa',
  ecdsa: 'ecdsa',
  ed25519: 'ed25519',
};

function privateKey(kind: string, runtime: Runtime): string {
  const known = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  return known === undefined ? `Unknown type ${kind}` : newKey(known, runtime).pem;
}

function certificate(cert: string, key: string): GoStruct {
  return new GoStruct(
    'sprig.certificate',
    new Map([
      ['Cert', cert],
      ['Key', key],
    ]),
  );
}

function customCert(cert64: string, key64: string, runtime: Runtime): GoStruct {
  const cert = decoded(cert64, 'unable to decode base64 certificate');
  const key = decoded(key64, 'unable to decode base64 private key');
  const block = readPem(cert);
  if (block === undefined) throw new FunctionError('unable to decode certificate');
  attempt('error parsing certificate: decodedCert.Bytes: ', () => cryptoOf(runtime).checkCertificate(block.bytes));
  attempt('error parsing private key: ', () => readKey(key, runtime));
  return certificate(cert, key);
}

function decoded(value: string, refusal: string): string {
  try {
    return fromBytes(fromBase64(value));
  } catch (error) {
    throw error instanceof CorruptInput ? new FunctionError(refusal) : error;
  }
}

function readKey(pem: string, runtime: Runtime): PrivateKey {
  const block = readPem(pem);
  if (block === undefined) throw new FunctionError('no PEM data in input');
  if (block.type !== 'PRIVATE KEY' && !block.type.endsWith(' PRIVATE KEY'))
    throw new FunctionError(`no private key data in PEM block of type ${block.type}`);
  return cryptoOf(runtime).readKey(pem);
}

interface Wanted {
  readonly name: string;
  readonly days: number;
  readonly isCa?: boolean;
  readonly ips?: Value;
  readonly dns?: Value;
  /** A key in PEM; a new one when absent. */
  readonly key?: string;
  /** The certificate that signs; its own key when absent. */
  readonly ca?: Value;
}

const DAY = 86_400;

function issue({ name, days, isCa = false, ips, dns, key, ca }: Wanted, runtime: Runtime): GoStruct {
  const crypto = cryptoOf(runtime);
  const subjectKey =
    key === undefined ? newKey('rsa-2048', runtime) : attempt('parsing private key: ', () => readKey(key, runtime));
  const issuer = ca === undefined ? undefined : issuerOf(ca, runtime);
  const notBefore = Math.floor(hostOf(runtime).now() / 1000);
  const request = {
    commonName: name,
    ips: addressesOf(ips, runtime),
    dnsNames: namesOf(dns, runtime),
    notBefore,
    notAfter: notBefore + days * DAY,
    isCa,
    serial: hostOf(runtime).random(16),
  };
  const made = attempt('error creating certificate: ', () => createCertificate(request, subjectKey, issuer, crypto));
  return certificate(writePem({ type: 'CERTIFICATE', bytes: made }), subjectKey.pem);
}

function issuerOf(ca: Value, runtime: Runtime): Issuer {
  const fields = ca instanceof GoStruct ? ca.fields : new Map<string, Value>();
  const block = readPem(text(fields.get('Cert')));
  if (block === undefined) throw new FunctionError('unable to decode certificate');
  const known = attempt('error parsing certificate: decodedSignerCert.Bytes: ', () => readIssuer(block.bytes));
  return { ...known, key: attempt('error parsing private key: ', () => readKey(text(fields.get('Key')), runtime)) };
}

function addressesOf(ips: Value, meter: Meter): readonly Uint8Array[] {
  return itemsOf(ips).map((ip) => {
    if (typeof ip !== 'string') throw new FunctionError(`error parsing ip: ${printPlain(ip, meter)} is not a string`);
    const bytes = parseIp(ip);
    if (bytes === undefined) throw new FunctionError(`error parsing ip: ${ip}`);
    return bytes;
  });
}

function namesOf(dns: Value, meter: Meter): readonly string[] {
  return itemsOf(dns).map((name) => {
    if (typeof name === 'string') return name;
    throw new FunctionError(`error processing alternate dns name: ${printPlain(name, meter)} is not a string`);
  });
}

function itemsOf(list: Value): readonly Value[] {
  return list instanceof GoSlice ? list.items : [];
}

const KEY_BYTES = 32;
const IV_BYTES = 16;

/** The password cut or filled up with zeros to the length of a key. */
function aesKey(password: string): Uint8Array {
  const key = new Uint8Array(KEY_BYTES);
  key.set(toBytes(password).subarray(0, KEY_BYTES));
  return key;
}

function encrypt(password: string, plain: string, runtime: Runtime): string {
  if (plain === '') return '';
  const iv = hostOf(runtime).random(IV_BYTES);
  const sealed = cryptoOf(runtime).encryptAes(aesKey(password), iv, toBytes(plain));
  return base64(Uint8Array.from([...iv, ...sealed]));
}

function decrypt(password: string, sealed64: string, runtime: Runtime): string {
  if (sealed64 === '') return '';
  const bytes = attempt('', () => fromBase64(sealed64));
  const sealed = bytes.subarray(IV_BYTES);
  if (bytes.length < IV_BYTES)
    throw new FunctionError(`runtime error: slice bounds out of range [:16] with capacity ${bytes.length}`);
  if (sealed.length % IV_BYTES !== 0) throw new FunctionError('crypto/cipher: input not full blocks');
  const plain = cryptoOf(runtime).decryptAes(aesKey(password), bytes.subarray(0, IV_BYTES), sealed);
  const padding = plain.at(-1) ?? 0;
  if (padding > plain.length)
    throw new FunctionError(`runtime error: slice bounds out of range [:${plain.length - padding}]`);
  return fromBytes(plain.subarray(0, plain.length - padding));
}
