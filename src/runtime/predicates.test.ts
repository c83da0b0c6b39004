import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { REQUESTED_AT } from '../crds/meta/names.ts';
import type { ObjectMeta, PartialObject } from '../kube/object.ts';
import { isWakeWorthy } from './predicates.ts';

function object(metadata: Partial<ObjectMeta> = {}): PartialObject {
  return {
    apiVersion: 'v1',
    kind: 'K',
    metadata: { name: 'a', uid: 'u', generation: 1, resourceVersion: '1', ...metadata },
  };
}

const asked = (token: string) => ({ annotations: { [REQUESTED_AT]: token } });

describe('isWakeWorthy', () => {
  for (const { name, change, want } of [
    { name: 'an object appears', change: { current: object() }, want: true },
    { name: 'an object goes', change: { old: object() }, want: false },
    {
      name: 'only the status changed',
      change: { old: object(), current: object({ resourceVersion: '2' }) },
      want: false,
    },
    { name: 'the spec changed', change: { old: object(), current: object({ generation: 2 }) }, want: true },
    { name: 'a reconcile is requested', change: { old: object(), current: object(asked('1')) }, want: true },
    { name: 'the same request again', change: { old: object(asked('1')), current: object(asked('1')) }, want: false },
    { name: 'a new request', change: { old: object(asked('1')), current: object(asked('2')) }, want: true },
    { name: 'the request was taken away', change: { old: object(asked('1')), current: object() }, want: false },
    { name: 'a label changed', change: { old: object(), current: object({ labels: { a: 'b' } }) }, want: false },
    { name: 'deletion began', change: { old: object(), current: object({ deletionTimestamp: 't' }) }, want: true },
    { name: 'another object of the same name', change: { old: object(), current: object({ uid: 'v' }) }, want: true },
  ]) {
    it(name, () => assert.equal(isWakeWorthy(change), want));
  }
});
