import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ManagedFieldsEntry } from '../kube/object.ts';
import { desiredDigest, ownershipFingerprint } from './fingerprint.ts';

const own = 'kustomize-controller';
const entry = (manager: string, fieldsV1: unknown, rest: Partial<ManagedFieldsEntry> = {}): ManagedFieldsEntry => ({
  manager,
  operation: 'Apply',
  apiVersion: 'v1',
  time: '2026-01-01T00:00:00Z',
  fieldsV1,
  ...rest,
});
const ours = entry(own, { 'f:data': { 'f:a': {}, 'f:b': {} } });

test('only our applied fields count', () => {
  const print = ownershipFingerprint([ours], own);
  assert.match(print ?? '', /^[0-9a-f]{64}$/);
  const same: readonly (readonly ManagedFieldsEntry[])[] = [
    [entry('other', {}), ours],
    [{ ...ours, time: '2027-01-01T00:00:00Z' }],
    [entry(own, { 'f:data': { 'f:b': {}, 'f:a': {} } })],
    [ours, entry(own, {}, { operation: 'Update' })],
    [ours, entry(own, {}, { subresource: 'status' })],
  ];
  for (const entries of same) assert.equal(ownershipFingerprint(entries, own), print);
  const different: readonly (readonly ManagedFieldsEntry[])[] = [
    [entry(own, { 'f:data': { 'f:a': {} } })],
    [{ ...ours, apiVersion: 'v2' }],
  ];
  for (const entries of different) assert.notEqual(ownershipFingerprint(entries, own), print);
});

test('no fields, no fingerprint', () => {
  assert.equal(ownershipFingerprint(undefined, own), undefined);
  assert.equal(ownershipFingerprint([entry('other', {})], own), undefined);
});

test('the digest of an object depends on its content only', () => {
  const metadata = { name: 'x' };
  const digest = desiredDigest({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: '1', b: '2' } });
  assert.equal(digest, desiredDigest({ data: { b: '2', a: '1' }, metadata, kind: 'ConfigMap', apiVersion: 'v1' }));
  assert.notEqual(digest, desiredDigest({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: '1', b: 2 } }));
});
