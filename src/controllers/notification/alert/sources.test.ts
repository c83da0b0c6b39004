import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AlertObject, hasLabels, matchSources, type SourceMatch, sourceKeysOf } from './sources.ts';
import { alertNamed, eventAbout } from './testing.ts';

type Sources = AlertObject['spec']['eventSources'];

const cases: readonly {
  readonly name: string;
  readonly sources: Sources;
  readonly severity?: 'info' | 'error';
  readonly suspend?: boolean;
  readonly event?: Parameters<typeof eventAbout>[0];
  readonly all?: boolean;
  readonly want: SourceMatch;
}[] = [
  { name: 'by name', sources: [{ kind: 'Kustomization', name: 'app' }], want: 'yes' },
  { name: 'by wildcard', sources: [{ kind: 'Kustomization', name: '*' }], want: 'yes' },
  { name: 'not of another name', sources: [{ kind: 'Kustomization', name: 'other' }], want: 'no' },
  { name: 'not by a part of the name', sources: [{ kind: 'Kustomization', name: 'ap*' }], want: 'no' },
  { name: 'not of another kind', sources: [{ kind: 'HelmRelease', name: '*' }], want: 'no' },
  {
    name: 'whatever the version',
    sources: [{ kind: 'Kustomization', name: '*', apiVersion: 'other/v9' }],
    want: 'yes',
  },
  {
    name: 'of another namespace, named',
    sources: [{ kind: 'Kustomization', name: '*', namespace: 'apps' }],
    want: 'yes',
  },
  {
    name: 'of its own namespace when none is named',
    sources: [{ kind: 'Kustomization', name: '*' }],
    event: { namespace: 'elsewhere' },
    want: 'no',
  },
  {
    name: 'of no namespace at all',
    sources: [{ kind: 'Kustomization', name: '*' }],
    event: { namespace: '' },
    want: 'no',
  },
  {
    name: 'any of several sources',
    sources: [
      { kind: 'Bucket', name: '*' },
      { kind: 'Kustomization', name: 'app' },
    ],
    want: 'yes',
  },
  {
    name: 'by labels, which others know',
    sources: [{ kind: 'Kustomization', name: '*', matchLabels: { team: 'blue' } }],
    want: { labelled: [{ team: 'blue' }] },
  },
  {
    name: 'without labels when another source has none',
    sources: [
      { kind: 'Kustomization', name: '*', matchLabels: { team: 'blue' } },
      { kind: 'Kustomization', name: 'app' },
    ],
    want: 'yes',
  },
  {
    name: 'all severities with info',
    sources: [{ kind: 'Kustomization', name: '*' }],
    severity: 'info',
    event: { severity: 'trace' },
    want: 'yes',
  },
  { name: 'errors alone with error', sources: [{ kind: 'Kustomization', name: '*' }], severity: 'error', want: 'no' },
  {
    name: 'errors with error',
    sources: [{ kind: 'Kustomization', name: '*' }],
    severity: 'error',
    event: { severity: 'error' },
    want: 'yes',
  },
  {
    name: 'other severities when asked to',
    sources: [{ kind: 'Kustomization', name: '*' }],
    severity: 'error',
    all: true,
    want: 'yes',
  },
  { name: 'nothing while suspended', sources: [{ kind: 'Kustomization', name: '*' }], suspend: true, want: 'no' },
];

describe('matchSources', () => {
  for (const { name, sources, severity, suspend, event = {}, all = false, want } of cases) {
    it(`matches ${name}`, () => {
      const alert = alertNamed({
        eventSources: sources,
        ...(severity === undefined ? {} : { eventSeverity: severity }),
        ...(suspend === undefined ? {} : { suspend }),
      });
      assert.deepEqual(matchSources(eventAbout(event), alert, all ? 'all' : 'its own'), want);
    });
  }
});

describe('sourceKeysOf', () => {
  it('gives each kind and namespace once', () => {
    const eventSources = [
      { kind: 'Kustomization', name: 'a' },
      { kind: 'Kustomization', name: 'b' },
      { kind: 'Kustomization', name: 'a', namespace: 'other' },
    ] as const;
    assert.deepEqual(sourceKeysOf(alertNamed({ eventSources })), ['Kustomization/apps', 'Kustomization/other']);
  });
});

describe('hasLabels', () => {
  it('wants all of them, and nothing else', () => {
    assert.ok(hasLabels({ a: '1', b: '2' }, { a: '1' }));
    assert.ok(hasLabels({ a: '1' }, {}));
    assert.ok(!hasLabels({ a: '1' }, { a: '1', b: '2' }));
    assert.ok(!hasLabels({ a: '2' }, { a: '1' }));
    assert.ok(!hasLabels({}, { constructor: '' }));
  });
});
