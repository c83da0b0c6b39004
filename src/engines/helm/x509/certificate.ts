import { sha1 } from '@noble/hashes/legacy.js';
import type { CryptoPort, PrivateKey } from '../crypto-port.ts';
import { bitString, der, integer, oid, readDer, sequence, TAG, text, time } from './der.ts';

/** What a certificate shall say. */
export interface CertificateRequest {
  readonly commonName: string;
  /** Addresses in network order, of 4 or 16 bytes. */
  readonly ips: readonly Uint8Array[];
  readonly dnsNames: readonly string[];
  readonly notBefore: number;
  /** Seconds since 1970, as notBefore. */
  readonly notAfter: number;
  readonly isCa: boolean;
  /** 16 bytes. */
  readonly serial: Uint8Array;
}

/** Who signs: the name and key identifier of its certificate, and its key. */
export interface Issuer {
  /** The Name in DER. */
  readonly name: Uint8Array;
  readonly keyId: Uint8Array | undefined;
  readonly key: PrivateKey;
}

const SIGNATURES: Readonly<Record<PrivateKey['kind'], Uint8Array>> = {
  rsa: sequence(oid('1.2.840.113549.1.1.11'), der(TAG.null)),
  ecdsa: sequence(oid('1.2.840.10045.4.3.2')),
  ed25519: sequence(oid('1.3.101.112')),
  dsa: sequence(oid('2.16.840.1.101.3.4.3.2')),
};

/**
 * A certificate in DER, with the extensions that Go's x509.CreateCertificate writes for sprig's templates. Without an
 * issuer it is signed by its own key.
 */
export function createCertificate(
  request: CertificateRequest,
  subjectKey: PrivateKey,
  issuer: Issuer | undefined,
  crypto: CryptoPort,
): Uint8Array {
  const subject = nameOf(request.commonName);
  const signer = issuer?.key ?? subjectKey;
  const algorithm = SIGNATURES[signer.kind];
  const body = sequence(
    der(0xa0, integer(Uint8Array.of(2))),
    integer(request.serial),
    algorithm,
    issuer?.name ?? subject,
    sequence(time(request.notBefore), time(request.notAfter)),
    subject,
    subjectKey.publicKey,
    der(0xa3, sequence(...extensions(request, subjectKey, issuer))),
  );
  return sequence(body, algorithm, bitString(crypto.sign(signer, body)));
}

function nameOf(commonName: string): Uint8Array {
  if (commonName === '') return sequence();
  const tag = /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(commonName) ? TAG.printable : TAG.utf8;
  return sequence(der(TAG.set, sequence(oid('2.5.4.3'), text(tag, commonName))));
}

function extensions(
  { isCa, ips, dnsNames }: CertificateRequest,
  key: PrivateKey,
  issuer: Issuer | undefined,
): readonly Uint8Array[] {
  const usage = isCa ? bitString(Uint8Array.of(0xa4), 2) : bitString(Uint8Array.of(0xa0), 5);
  const names = [...dnsNames.map((name) => text(0x82, name)), ...ips.map((ip) => der(0x87, ip))];
  return [
    extension('2.5.29.15', usage, true),
    extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'), oid('1.3.6.1.5.5.7.3.2'))),
    extension('2.5.29.19', isCa ? sequence(der(TAG.boolean, Uint8Array.of(0xff))) : sequence(), true),
    ...(isCa ? [extension('2.5.29.14', der(TAG.octetString, keyIdOf(key.publicKey)))] : []),
    ...(issuer?.keyId === undefined ? [] : [extension('2.5.29.35', sequence(der(0x80, issuer.keyId)))]),
    ...(names.length === 0 ? [] : [extension('2.5.29.17', sequence(...names))]),
  ];
}

function extension(id: string, value: Uint8Array, isCritical = false): Uint8Array {
  const critical = isCritical ? [der(TAG.boolean, Uint8Array.of(0xff))] : [];
  return sequence(oid(id), ...critical, der(TAG.octetString, value));
}

/** RFC 5280, 4.2.1.2: the SHA-1 of the key's bits. */
function keyIdOf(publicKey: Uint8Array): Uint8Array {
  const [spki] = readDer(publicKey);
  const bits = readDer(spki?.content ?? new Uint8Array())[1];
  return sha1((bits?.content ?? new Uint8Array()).subarray(1));
}

/** Name and key identifier of a certificate, for those that it signs. Throws RangeError for what is none. */
export function readIssuer(certificate: Uint8Array): Omit<Issuer, 'key'> {
  const [outer] = readDer(certificate);
  const [body] = readDer(outer?.content ?? new Uint8Array());
  const fields = readDer(body?.content ?? new Uint8Array());
  const versioned = fields[0]?.tag === 0xa0 ? 1 : 0;
  const subject = fields[4 + versioned];
  if (subject === undefined) throw new RangeError('x509: malformed certificate');
  return { name: Uint8Array.from(subject.whole), keyId: keyIdIn(fields.find(({ tag }) => tag === 0xa3)?.content) };
}

function keyIdIn(list: Uint8Array | undefined): Uint8Array | undefined {
  const wanted = oid('2.5.29.14');
  const [all] = readDer(list ?? new Uint8Array());
  for (const { content } of readDer(all?.content ?? new Uint8Array())) {
    const parts = readDer(content);
    const isWanted = parts[0]?.whole.every((byte, index) => byte === wanted[index]) === true;
    const value = parts.at(-1);
    if (isWanted && parts[0]?.whole.length === wanted.length && value !== undefined)
      return readDer(value.content)[0]?.content;
  }
  return undefined;
}
