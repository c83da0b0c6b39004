import assert from 'node:assert/strict';
import { test } from 'node:test';
import { desiredDigest } from './fingerprint.ts';

test('the digest of an object depends on its content and the manner of applying it only', () => {
  const metadata = { name: 'x' };
  const digest = desiredDigest({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: '1', b: '2' } }, '');
  assert.equal(digest, desiredDigest({ data: { b: '2', a: '1' }, metadata, kind: 'ConfigMap', apiVersion: 'v1' }, ''));
  assert.notEqual(digest, desiredDigest({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: '1', b: 2 } }, ''));
  assert.notEqual(
    digest,
    desiredDigest({ data: { b: '2', a: '1' }, metadata, kind: 'ConfigMap', apiVersion: 'v1' }, 'x'),
  );
});
