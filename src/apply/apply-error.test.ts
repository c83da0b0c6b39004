import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError, NoMatchError } from '../kube/errors.ts';
import type { KubeObject } from '../kube/object.ts';
import { dryRunError, stepError, textFor } from './apply-error.ts';
import { isImmutableError, isRefusedAsNew } from './immutable.ts';
import { withoutUndeclared } from './unknown-fields.ts';

const api = (
  status: number,
  reason: string,
  message: string,
  fields: readonly string[] = [],
  type = 'FieldValueInvalid',
): ApiError => new ApiError({ status, reason, message, details: { causes: fields.map((field) => ({ field, type })) } });

const one: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one', namespace: 'ns' } };

test("dry-run failures have upstream's texts", () => {
  const gvk = { group: 'x.io', version: 'v1', kind: 'Thing' };
  const texts: readonly (readonly [unknown, string])[] = [
    [api(422, 'Invalid', 'bad'), 'ConfigMap/ns/one dry-run failed (Invalid): bad'],
    [api(500, '', 'bad'), 'ConfigMap/ns/one dry-run failed: bad'],
    [
      api(409, 'Conflict', 'bad', ['a'], 'FieldManagerConflict'),
      'ConfigMap/ns/one dry-run failed (FieldManagerConflict): bad',
    ],
    [api(404, 'NotFound', 'namespaces "ns" not found'), 'ConfigMap/ns/one not found: namespaces "ns" not found'],
    [new NoMatchError(gvk), 'ConfigMap/ns/one dry-run failed: no matches for kind "Thing" in version "x.io/v1"'],
    [new Error('no answer'), 'ConfigMap/ns/one dry-run failed: no answer'],
  ];
  for (const [error, message] of texts) assert.equal(dryRunError(one, error).message, message);
  const stray = { ...one, metadata: { name: 'one' } };
  assert.equal(dryRunError(stray, api(404, 'NotFound', 'no')).message, 'ConfigMap/one namespace not specified: no');
  assert.equal(stepError('apply', one, 'apply failed', new Error('no')).message, 'ConfigMap/ns/one apply failed: no');
});

test('values of Secrets are masked in whatever form they are quoted', () => {
  const secret = {
    ...one,
    kind: 'Secret',
    data: { a: btoa('hunter22'), b: 'eA==' },
    stringData: { c: ['nested-value'], n: 123456 },
  };
  const given = `refused: hunter22 ${btoa('hunter22')} "x" nested-value 123456 {"a":"hunter22"}`;
  const text = textFor(secret, new Error(given));
  assert.equal(text, 'refused: ***** ***** "*****" ***** ***** {"a":"*****"}');
  assert.equal(textFor({ ...secret, kind: 'ConfigMap' }, new Error(given)), given);
});

test('what the API server says of a Secret does not travel on as a cause', () => {
  const error = api(422, 'Invalid', 'Value:{"hunter22"}');
  assert.equal(dryRunError(one, error).cause, error);
  const secret = { ...one, kind: 'Secret', stringData: { a: 'hunter22' } };
  for (const failure of [dryRunError(secret, error), stepError('apply', secret, 'apply failed', error)]) {
    assert.equal(failure.cause, undefined);
    assert.ok(!failure.message.includes('hunter22'));
  }
});

test('what may be an immutable field', () => {
  const errors: readonly (readonly [unknown, boolean])[] = [
    [api(422, 'Invalid', 'anything'), true],
    [api(403, 'Forbidden', "admission webhook denied: the IAMPolicyMember's spec is immutable"), true],
    [api(400, 'BadRequest', 'immutable field changed'), true],
    [api(409, 'Conflict', 'the object has been modified'), false],
    [api(403, 'Forbidden', 'is not immutable'), false],
    [new Error('spec is immutable'), false],
  ];
  for (const [error, want] of errors) assert.equal(isImmutableError(error), want, String(error));
});

test('what is refused as new as well is merely invalid', () => {
  const update = api(422, 'Invalid', 'm', ['spec.a', 'spec.b']);
  const cases: readonly (readonly [unknown, boolean])[] = [
    [api(422, 'Invalid', 'm', ['spec.a', 'spec.b', 'metadata.name']), true],
    [api(422, 'Invalid', 'm', ['spec.a']), true],
    [api(422, 'Invalid', 'm', ['spec.c']), false],
    [api(422, 'Invalid', 'm', ['spec.ports[0].nodePort']), false],
    [api(403, 'Forbidden', 'quota'), false],
    [undefined, false],
  ];
  for (const [asNew, want] of cases) assert.equal(isRefusedAsNew(update, asNew), want);
  assert.equal(isRefusedAsNew(api(422, 'Invalid', 'm'), api(422, 'Invalid', 'm')), false);
});

test('fields that the API server does not know are dropped', () => {
  const container = {
    name: 'c',
    baz: 1,
    ports: [{ containerPort: 80, protocol: 'TCP', foo: 1 }, { containerPort: 81 }],
  };
  const object = { ...one, dota: 1, spec: { containers: [{ name: 'b' }, container], list: ['x', 'y'] } };
  const say = (paths: string): KubeObject | undefined =>
    withoutUndeclared(object, api(500, '', `failed to create typed patch object (ns/one; v1, Kind=X): ${paths}`));
  const declared = (path: string): string => `${path}: field not declared in schema`;
  const cases: readonly (readonly [string, KubeObject | undefined])[] = [
    [declared('.dota'), { ...one, spec: object.spec }],
    [
      declared('.spec.containers[name="c"].baz'),
      { ...object, spec: { ...object.spec, containers: [{ name: 'b' }, { name: 'c', ports: container.ports }] } },
    ],
    [
      `errors:\n  ${declared('.spec.containers[name="c"].ports[containerPort=80,protocol="TCP"].foo')}\n  ${declared('.dota')}`,
      {
        ...one,
        spec: {
          ...object.spec,
          containers: [
            { name: 'b' },
            { ...container, ports: [{ containerPort: 80, protocol: 'TCP' }, { containerPort: 81 }] },
          ],
        },
      },
    ],
    [declared('.spec.containers[0].name'), { ...object, spec: { ...object.spec, containers: [{}, container] } }],
    [declared('.spec.list[="y"]'), { ...object, spec: { ...object.spec, list: ['x'] } }],
    [declared('.absent'), undefined],
    [declared('.spec.containers[name="z"].a'), undefined],
    ['something else', undefined],
  ];
  for (const [text, want] of cases) assert.deepEqual(say(text), want, text);
  assert.equal(withoutUndeclared(object, new Error(declared('.dota'))), undefined);
});
