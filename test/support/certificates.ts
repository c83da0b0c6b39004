import 'reflect-metadata'; // @peculiar/x509 needs it loaded before itself
import * as x509 from '@peculiar/x509';

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

export interface Subject {
  /** To a Kubernetes API server, the user name. */
  readonly commonName: string;
  /** To a Kubernetes API server, the groups. */
  readonly organizations?: readonly string[];
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const day = 24 * 60 * 60 * 1000;

/** Wide on both sides, so that tests may move the clock. */
function validity(): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - 365 * day), notAfter: new Date(now + 3650 * day) };
}

function name({ commonName, organizations = [] }: Subject): x509.Name {
  // plain strings would be parsed: a comma, a quote or a colon in them would change the name
  return new x509.Name([
    ...organizations.map((utf8String) => ({ O: [{ utf8String }] })),
    { CN: [{ utf8String: commonName }] },
  ]);
}

async function pem(key: CryptoKey): Promise<string> {
  const bytes = await crypto.subtle.exportKey('pkcs8', key);
  return `${x509.PemConverter.encode(bytes, 'PRIVATE KEY')}\n`;
}

/** A certificate authority that lives as long as this process, for servers and users of tests. */
export class Authority {
  /** The authority's own certificate, PEM. */
  readonly certificate: string;
  readonly #issuer: x509.X509Certificate;
  readonly #key: CryptoKey;

  private constructor(issuer: x509.X509Certificate, key: CryptoKey) {
    this.#issuer = issuer;
    this.#key = key;
    this.certificate = `${issuer.toString('pem')}\n`;
  }

  static async create(commonName: string): Promise<Authority> {
    const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: name({ commonName }),
      ...validity(),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return new Authority(certificate, keys.privateKey);
  }

  /** A certificate for a server that answers on loopback (and under `hosts`). */
  async issueServer(commonName: string, hosts: readonly string[] = []): Promise<KeyPair> {
    const names: x509.JsonGeneralName[] = ['localhost', ...hosts].map((value) => ({ type: 'dns', value }));
    const addresses: x509.JsonGeneralName[] = ['127.0.0.1', '::1'].map((value) => ({ type: 'ip', value }));
    return this.#issue({ commonName }, x509.ExtendedKeyUsage.serverAuth, [
      new x509.SubjectAlternativeNameExtension([...names, ...addresses]),
    ]);
  }

  /** A certificate by which a client proves who it is. */
  async issueClient(subject: Subject): Promise<KeyPair> {
    return this.#issue(subject, x509.ExtendedKeyUsage.clientAuth, []);
  }

  async #issue(subject: Subject, usage: x509.ExtendedKeyUsage, extensions: x509.Extension[]): Promise<KeyPair> {
    const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const certificate = await x509.X509CertificateGenerator.create({
      subject: name(subject),
      issuer: this.#issuer.subjectName, // the text form would be encoded anew, and differ
      ...validity(),
      signingKey: this.#key,
      publicKey: keys.publicKey,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([usage]),
        await x509.AuthorityKeyIdentifierExtension.create(this.#issuer),
        ...extensions,
      ],
    });
    return { certificate: `${certificate.toString('pem')}\n`, key: await pem(keys.privateKey) };
  }
}
