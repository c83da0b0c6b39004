import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import { TemplateSet } from '../engines/gotemplate/template-set.ts';
import { helmFunctions } from '../engines/helm/functions/table.ts';
import { helmCrypto } from './helm-crypto.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const DAY = 86_400_000;

function render(template: string): string {
  const set = new TemplateSet(helmFunctions);
  set.parse('t', template);
  const random = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count));
  return set.execute('t', undefined, { host: { now: () => NOW, random, crypto: helmCrypto } });
}

/** Every PEM block of what a template prints. */
function blocks(template: string): readonly string[] {
  return render(template).match(/-----BEGIN [^-]+-----[\s\S]*?-----END [^-]+-----\n/g) ?? [];
}

function pair(cert = '', key = ''): X509Certificate {
  const certificate = new X509Certificate(cert);
  assert.ok(certificate.checkPrivateKey(createPrivateKey(key)), 'the key is that of the certificate');
  return certificate;
}

const show = (name: string): string => `{{ $${name}.Cert }}{{ $${name}.Key }}`;

describe('certificates of templates', () => {
  it('form a chain', () => {
    const [caCert, caKey, cert, key] = blocks(
      '{{ $ca := genCA "my-ca" 365 }}{{ $c := genSignedCert "svc.ns" (list "10.0.0.1" "::1") (list "svc" "svc.ns.svc") 30 $ca }}' +
        show('ca') +
        show('c'),
    );
    const ca = pair(caCert, caKey);
    const leaf = pair(cert, key);
    assert.equal(ca.ca, true);
    assert.equal(leaf.ca, false);
    assert.equal(ca.subject, 'CN=my-ca');
    assert.equal(leaf.subject, 'CN=svc.ns');
    assert.ok(ca.checkIssued(ca) && ca.verify(ca.publicKey), 'the authority signs itself');
    assert.ok(leaf.checkIssued(ca) && leaf.verify(ca.publicKey), 'the authority signs the other');
    assert.equal(leaf.subjectAltName, 'DNS:svc, DNS:svc.ns.svc, IP Address:10.0.0.1, IP Address:0:0:0:0:0:0:0:1');
    assert.equal(leaf.checkHost('svc.ns.svc'), 'svc.ns.svc');
    assert.equal(leaf.checkIP('10.0.0.1'), '10.0.0.1');
    assert.equal(leaf.checkHost('other'), undefined);
    assert.equal(leaf.validFromDate.getTime(), NOW);
    assert.equal(leaf.validToDate.getTime(), NOW + 30 * DAY);
    assert.equal(ca.validToDate.getTime(), NOW + 365 * DAY);
    assert.deepEqual(leaf.keyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  });
  it('sign themselves', () => {
    const [cert, key] = blocks(`{{ $c := genSelfSignedCert "héllo" nil (list "a.b") 1 }}${show('c')}`);
    const certificate = pair(cert, key);
    assert.ok(certificate.verify(certificate.publicKey));
    assert.equal(certificate.subject, 'CN=héllo');
  });
  for (const kind of ['rsa', 'ecdsa', 'ed25519'])
    it(`take keys of ${kind}`, () => {
      const [caCert, caKey, cert, key] = blocks(
        `{{ $k := genPrivateKey "${kind}" }}{{ $ca := genCAWithKey "ca" 9 $k }}{{ $c := genSignedCertWithKey "x" nil nil 9 $ca $k }}` +
          show('ca') +
          show('c'),
      );
      const ca = pair(caCert, caKey);
      assert.ok(pair(cert, key).verify(ca.publicKey));
      assert.equal(ca.publicKey.asymmetricKeyType, kind === 'ecdsa' ? 'ec' : kind);
    });
  it('can be brought along', () => {
    const built =
      '{{ $ca := genCA "ca" 1 }}{{ $b := buildCustomCert ($ca.Cert | b64enc) ($ca.Key | b64enc) }}{{ eq $b.Cert $ca.Cert }}';
    assert.equal(render(built), 'true');
    assert.throws(() => render('{{ buildCustomCert "AAAA" "AAAA" }}'), /unable to decode certificate/);
    assert.throws(() => render('{{ genCAWithKey "ca" 1 "no key" }}'), /parsing private key: no PEM data in input/);
    assert.throws(() => render('{{ genSelfSignedCert "x" (list "1.2.3") nil 1 }}'), /error parsing ip: 1\.2\.3/);
  });
});

describe('sealed text of templates', () => {
  for (const text of ['', 'a', 'sixteen letters!', 'héllo 😀'.repeat(50)])
    it(`opens again: ${text.length} characters`, () => {
      assert.equal(render(`{{ "${text}" | encryptAES "secret" | decryptAES "secret" }}`), text);
    });
  it('is another one every time', () => {
    assert.equal(render('{{ ne (encryptAES "k" "x") (encryptAES "k" "x") }}'), 'true');
  });
});
