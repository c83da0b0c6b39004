import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { receiver } from '../../../../test/support/webhook-world.ts';
import type { Receiver } from '../../../crds/notification/receiver.ts';
import { Fault } from '../../../runtime/fault.ts';
import { validateSpec } from './validate-spec.ts';

const issuerURL = 'https://issuer.example';
const validations = [{ expression: 'claims.sub == "me"', message: 'not me' }];
const oidc = { type: 'generic-oidc', oidcProviders: [{ issuerURL, validations }] } as const;

interface Case {
  readonly name: string;
  readonly spec: Partial<Receiver['spec']> & Pick<Receiver['spec'], 'type'>;
  /** With what the condition's message goes on; absent: it is valid. */
  readonly says?: string;
  readonly reason?: string;
}

const cases: readonly Case[] = [
  { name: 'a Receiver', spec: { type: 'generic' } },
  { name: 'an issuer', spec: oidc },
  { name: 'a filter', spec: { type: 'generic', resourceFilter: "req.a == res.metadata.name && 'x' in res.metadata" } },
  { name: 'a filter over claims', spec: { ...oidc, resourceFilter: 'claims.sub == res.metadata.name' } },
  {
    name: 'a filter that is no expression',
    spec: { type: 'generic', resourceFilter: 'req.a ==' },
    reason: 'InvalidCELExpression',
    says: "invalid resourceFilter expression: failed to parse the CEL expression 'req.a ==': ERROR: <input>:1:9: Syntax error: mismatched input '<EOF>'",
  },
  {
    name: 'a filter that gives no bool',
    spec: { type: 'generic', resourceFilter: '1' },
    reason: 'InvalidCELExpression',
    says: 'invalid resourceFilter expression: CEL expression output type mismatch: expected bool, got int',
  },
  {
    name: 'claims where there are none',
    spec: { type: 'generic', resourceFilter: 'claims.sub == "me"' },
    reason: 'InvalidCELExpression',
    says: "invalid resourceFilter expression: failed to parse the CEL expression 'claims.sub == \"me\"': ERROR: <input>:1:1: undeclared reference to 'claims'",
  },
  {
    name: 'a filter of one resource that is no expression',
    spec: {
      type: 'generic',
      resources: [
        { kind: 'Bucket', name: 'a' },
        { kind: 'Bucket', name: 'b', filter: '(' },
      ],
    },
    reason: 'InvalidCELExpression',
    says: 'invalid filter expression for resources[1] (kind="Bucket", name="b"): failed to parse',
  },
  {
    name: 'a type without issuers that has some',
    spec: { ...oidc, type: 'github', secretRef: { name: 'token' } },
    says: 'oidcProviders can only be set when type is generic-oidc',
  },
  {
    name: 'a type of issuers without one',
    spec: { type: 'generic-oidc' },
    says: 'generic-oidc receiver requires at least one oidcProvider',
  },
  {
    name: 'a type of issuers with a Secret',
    spec: { ...oidc, secretRef: { name: 'token' } },
    says: 'secretRef cannot be set when type is generic-oidc',
  },
  {
    name: 'an issuer that is no address',
    spec: { ...oidc, oidcProviders: [{ issuerURL: 'ftp://x', validations }] },
    says: 'oidcProviders[0]: issuerURL "ftp://x" must start with http:// or https://',
  },
  {
    name: 'an issuer that is there twice',
    spec: { ...oidc, oidcProviders: [...oidc.oidcProviders, ...oidc.oidcProviders] },
    says: 'oidcProviders[1]: duplicate issuerURL "https://issuer.example"',
  },
  {
    name: 'an issuer whose tokens all do',
    spec: { ...oidc, oidcProviders: [{ issuerURL, validations: [] }] },
    says: 'oidcProviders[0] (issuerURL="https://issuer.example"): at least one validation is required',
  },
  {
    name: 'a validation that gives no bool',
    spec: { ...oidc, oidcProviders: [{ issuerURL, validations: [{ expression: 'claims.sub', message: 'm' }] }] },
    reason: 'InvalidCELExpression',
    says: 'oidcProviders[0] (issuerURL="https://issuer.example"): invalid expression for validation "m": CEL expression output type mismatch: expected bool, got dyn',
  },
  {
    name: 'a variable that is no expression',
    spec: {
      ...oidc,
      oidcProviders: [{ issuerURL, validations, variables: [{ name: 'v', expression: 'claims.' }] }],
    },
    reason: 'InvalidCELExpression',
    says: 'oidcProviders[0] (issuerURL="https://issuer.example"): invalid expression for variable "v": failed to parse',
  },
  {
    name: 'an interval that is too long for anybody',
    spec: { type: 'generic', interval: '9999999999h' },
    says: '',
  },
];

describe('an annotation of ours', () => {
  const annotated = (value: string) => {
    const object = receiver({ type: 'generic' });
    return { ...object, metadata: { ...object.metadata, annotations: { 'sluice.dev/wake-sources': value } } };
  };

  it('is read, or refused', () => {
    for (const value of ['namespace', 'all']) validateSpec(annotated(value));
    validateSpec(annotated('namespace'), true);
    assert.throws(() => validateSpec(annotated('every')), { reason: 'InvalidAnnotation', faultClass: 'stalled' });
    assert.throws(() => validateSpec(annotated('all'), true), { reason: 'AccessDenied', faultClass: 'stalled' });
  });
});

describe('validateSpec', () => {
  for (const { name, spec, says, reason = 'ValidationFailed' } of cases) {
    it(`${says === undefined ? 'accepts' : 'refuses'} ${name}`, () => {
      if (says === undefined) {
        validateSpec(receiver(spec));
        return;
      }
      assert.throws(
        () => validateSpec(receiver(spec)),
        (error) => {
          assert.ok(error instanceof Fault);
          assert.equal(error.faultClass, 'stalled');
          assert.equal(error.reason, reason);
          const prefix = 'Reconciliation failed terminally due to configuration error: ';
          assert.equal(error.message.slice(0, prefix.length + says.length), prefix + says);
          return true;
        },
      );
    });
  }
});
