import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { allKinds } from '../all.ts';
import { helmReleaseKind } from '../helm/helm-release.ts';
import { gitRepositoryKind } from '../source/git-repository.ts';
import type { ManifestOf } from './kind.ts';
import { parseObject } from './parse-object.ts';
import { SchemaError } from './validate.ts';

const repository = (spec: unknown, more: Record<string, unknown> = {}) => ({
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'GitRepository',
  metadata: { name: 'a', namespace: 'b' },
  spec,
  ...more,
});

const valid: ManifestOf<typeof gitRepositoryKind>['spec'] = { url: 'https://host/a.git', interval: '1m' };

/** The issues of a GitRepository, as `path: got`. */
function issues(value: unknown): readonly string[] {
  try {
    parseObject(gitRepositoryKind, value);
    return [];
  } catch (error) {
    assert.ok(error instanceof SchemaError);
    return error.issues.map(({ path, got }) => `${path}: ${got}`);
  }
}

describe('parseObject', () => {
  const cases: { name: string; given: unknown; want: readonly string[] }[] = [
    { name: 'takes a valid object', given: repository(valid), want: [] },
    { name: 'takes unknown fields', given: repository({ ...valid, more: { a: 1 } }), want: [] },
    { name: 'takes null for absent', given: repository({ ...valid, ref: null }), want: [] },
    { name: 'refuses what is no object', given: [], want: [': an array'] },
    { name: 'refuses an object without spec', given: repository(undefined), want: ['spec: nothing'] },
    {
      name: 'refuses missing fields, all of them',
      given: repository({}),
      want: ['spec.interval: nothing', 'spec.url: nothing'],
    },
    {
      name: 'refuses null in a required field',
      given: repository({ ...valid, url: null }),
      want: ['spec.url: nothing'],
    },
    { name: 'refuses another kind', given: repository(valid, { kind: 'Bucket' }), want: ['kind: "Bucket"'] },
    {
      name: 'refuses another version',
      given: repository(valid, { apiVersion: 'source.toolkit.fluxcd.io/v1beta2' }),
      want: ['apiVersion: "source.toolkit.fluxcd.io/v1beta2"'],
    },
    { name: 'refuses a wrong type', given: repository({ ...valid, suspend: 'yes' }), want: ['spec.suspend: a string'] },
    {
      name: 'names the item of a list',
      given: repository({ ...valid, include: [{ repository: { name: 'a' } }, { repository: {} }] }),
      want: ['spec.include[1].repository.name: nothing'],
    },
    {
      name: 'refuses what is not in the enum',
      given: repository({ ...valid, provider: 'x' }),
      want: ['spec.provider: "x"'],
    },
    {
      name: 'refuses hours in a timeout',
      given: repository({ ...valid, timeout: '1h' }),
      want: ['spec.timeout: "1h"'],
    },
    {
      name: 'refuses days in an interval',
      given: repository({ ...valid, interval: '1d' }),
      want: ['spec.interval: "1d"'],
    },
    {
      name: 'never shows credentials',
      given: repository({ ...valid, url: 'ftp://user:secret@host/a' }),
      want: ['spec.url: "ftp://*****@host/a"'],
    },
    {
      name: 'refuses a bad time',
      given: repository(valid, {
        status: {
          artifact: { digest: 'sha256:a', lastUpdateTime: 'x', path: 'p', revision: 'r', url: 'u' },
          conditions: [
            { type: 'Ready', status: 'Maybe', reason: '', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' },
          ],
        },
      }),
      want: [
        'status.artifact.lastUpdateTime: "x"',
        'status.conditions[0].status: "Maybe"',
        'status.conditions[0].reason: ""',
      ],
    },
    {
      name: 'refuses a negative generation',
      given: repository(valid, {
        status: {
          conditions: [
            {
              type: 'Ready',
              status: 'True',
              reason: 'a',
              message: '',
              lastTransitionTime: '2026-01-01T00:00:00Z',
              observedGeneration: -1,
            },
          ],
        },
      }),
      want: ['status.conditions[0].observedGeneration: -1'],
    },
  ];
  for (const { name, given, want } of cases) {
    it(name, () => assert.deepEqual([...issues(given)].sort(), [...want].sort()));
  }

  it('fills in defaults, also those within what is given, and the status', () => {
    const parsed = parseObject(gitRepositoryKind, repository({ ...valid, verify: { secretRef: { name: 'keys' } } }));
    assert.equal(parsed.spec.timeout, '60s');
    assert.equal(parsed.spec.verify?.mode, 'HEAD');
    assert.deepEqual(parsed.status, { observedGeneration: -1 });
  });

  it('returns an object as it came when no default is missing', () => {
    const given = repository({ ...valid, timeout: '5s' }, { status: {} });
    assert.equal(parseObject(gitRepositoryKind, given), given);
  });

  it('leaves values of any type alone', () => {
    const values = { a: [null, 1], b: { c: null } };
    const parsed = parseObject(helmReleaseKind, {
      apiVersion: helmReleaseKind.apiVersion,
      kind: 'HelmRelease',
      metadata: { name: 'a', namespace: 'b' },
      spec: { interval: '1m', values, chart: { spec: { chart: 'c', sourceRef: { kind: 'Bucket', name: 'b' } } } },
    });
    assert.equal(parsed.spec.values, values);
    assert.equal(parsed.spec.chart?.spec.version, '*');
  });

  it('counts characters, not code units', () => {
    const namePrefix = '🐙'.repeat(200);
    const kind = allKinds.find((one) => one.kind === 'Kustomization');
    assert.ok(kind);
    const spec = { interval: '1m', prune: true, sourceRef: { kind: 'Bucket', name: 'b' } };
    const given = { apiVersion: kind.apiVersion, kind: kind.kind, metadata: { name: 'a', namespace: 'b' } };
    parseObject(kind, { ...given, spec: { ...spec, namePrefix } });
    assert.throws(() => parseObject(kind, { ...given, spec: { ...spec, namePrefix: `${namePrefix}a` } }), SchemaError);
  });

  it('gives an object or a SchemaError, whatever comes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...allKinds), fc.jsonValue(), fc.jsonValue(), (kind, spec, status) => {
        const given = {
          apiVersion: kind.apiVersion,
          kind: kind.kind,
          metadata: { name: 'a', namespace: 'b' },
          spec,
          status,
        };
        try {
          parseObject(kind, given);
        } catch (error) {
          assert.ok(error instanceof SchemaError);
        }
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
