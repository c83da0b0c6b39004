import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkForeignHost, mayBePlain } from './foreign-host.ts';
import { OciError } from './oci-error.ts';

describe('mayBePlain', () => {
  const plain = [
    'localhost:5000',
    'a.localhost',
    '127.0.0.1:5000',
    '[::1]:5000',
    '10.1.2.3',
    '172.16.0.1:80',
    '192.168.0.1',
  ];
  for (const registry of plain) it(`is so for ${registry}`, () => assert.equal(mayBePlain(registry), true));
  const never = [
    'ghcr.io',
    'localhost.example.org',
    '127.0.0.1.example.org',
    '10.example.org:5000',
    '172.32.0.1',
    '8.8.8.8:5000',
    '224.0.0.1',
    '[fd00::1]:5000',
    '[2001:db8::1]',
  ];
  for (const registry of never) it(`is not for ${registry}`, () => assert.equal(mayBePlain(registry), false));
});

describe('checkForeignHost', () => {
  const refused = [
    'http://127.1.2.3',
    'http://0x7f000001',
    'http://2130706433',
    'http://[::1]',
    'http://[::ffff:10.0.0.1]',
    'http://[fc00::1]',
    'http://10.0.0.1',
    'http://172.31.255.255',
    'http://192.168.1.1',
    'http://0.0.0.0',
    'http://169.254.169.254',
    'http://100.100.100.200',
    'http://[fe80::1]',
  ];
  for (const url of refused) {
    it(`refuses ${url}`, () => {
      assert.throws(
        () => checkForeignHost(new URL(url), 'redirect to'),
        (error: unknown) => error instanceof OciError && error.code === 'RedirectRefused',
      );
    });
  }
  for (const url of ['https://ghcr.io', 'https://8.8.8.8', 'https://[2001:db8::1]', 'https://minio.storage.svc']) {
    it(`lets ${url} be asked`, () => checkForeignHost(new URL(url), 'redirect to'));
  }
});
