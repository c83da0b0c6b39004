import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReleaseRecord } from '../../../engines/helm/release/record.ts';
import { snapshotOf, testHooksOf } from './snapshot.ts';
import { determineState, type Observed, UnknownStateError } from './state.ts';
import { releaseRecord } from './testing.ts';

const made = releaseRecord();
const taken = (record: ReleaseRecord) => snapshotOf(record, { ociDigest: '', action: 'install', algorithm: 'sha256' });

const observed = (parts: Partial<Observed> = {}): Observed => ({
  last: made,
  history: [taken(made)],
  chart: { name: 'demo', version: '1.0.0' },
  values: {},
  rendering: undefined,
  tests: { enabled: false, ignoreFailures: false },
  ...parts,
});

const same = { wanted: 'sha256:1', observed: 'sha256:1' };
const other = { wanted: 'sha256:2', observed: 'sha256:1' };
const withStatus = (status: ReleaseRecord['info']['status']) => {
  const record = releaseRecord({ info: { status } });
  return { last: record, history: [taken(record)] };
};
const testHook = (phase: 'Failed' | 'Succeeded' | '') =>
  releaseRecord({
    hooks: [
      {
        name: 'check',
        kind: 'Pod',
        path: 'demo/templates/check.yaml',
        manifest: 'kind: Pod',
        events: ['test'],
        weight: 0,
        deletePolicies: [],
        outputLogPolicies: [],
        lastRun: { phase },
      },
    ],
  });
const tested = (phase: 'Failed' | 'Succeeded') => {
  const record = testHook(phase);
  return { last: record, history: [{ ...taken(record), testHooks: testHooksOf(record) }] };
};
const testing = { enabled: true, ignoreFailures: false };

const cases: readonly { readonly name: string; readonly given: Partial<Observed>; readonly want: string }[] = [
  { name: 'a release as it is wanted', given: {}, want: 'InSync' },
  { name: 'nothing in the storage', given: { last: undefined }, want: 'Absent: no release in storage for object' },
  {
    name: 'a pending install',
    given: withStatus('pending-install'),
    want: "Locked: release with status 'pending-install'",
  },
  {
    name: 'a pending upgrade, also of somebody else',
    given: { ...withStatus('pending-upgrade'), history: [] },
    want: "Locked: release with status 'pending-upgrade'",
  },
  {
    name: 'a pending rollback',
    given: withStatus('pending-rollback'),
    want: "Locked: release with status 'pending-rollback'",
  },
  { name: 'a release of somebody else', given: { history: [] }, want: 'Unmanaged: found existing release in storage' },
  {
    name: 'a release that somebody else has uninstalled and kept',
    given: { ...withStatus('uninstalled'), history: [] },
    want: 'Absent: found uninstalled release in storage',
  },
  {
    name: 'an uninstalled release of its own',
    given: withStatus('uninstalled'),
    want: 'Absent: found uninstalled release in storage',
  },
  {
    name: 'a release that was changed in the storage',
    given: { last: releaseRecord({ manifest: 'kind: A' }) },
    want: 'Unmanaged: release not observed to be made for object',
  },
  {
    name: 'a newer release of helm',
    given: { last: releaseRecord({ version: 2 }) },
    want: 'Unmanaged: release not observed to be made for object',
  },
  {
    name: 'a snapshot of an older controller is believed',
    given: { last: releaseRecord({ manifest: 'kind: A' }), history: [{ ...taken(made), apiVersion: 'v1' }] },
    want: 'InSync',
  },
  {
    name: 'a snapshot with a digest that is none',
    given: { history: [{ ...taken(made), digest: 'nonsense' }] },
    want: 'Unmanaged: release not observed to be made for object',
  },
  { name: 'a failed release', given: withStatus('failed'), want: 'Failed' },
  {
    name: 'another version of the chart',
    given: { chart: { name: 'demo', version: '1.0.1' } },
    want: 'OutOfSync: release chart changed',
  },
  {
    name: 'another chart',
    given: { chart: { name: 'shop', version: '1.0.0' } },
    want: 'OutOfSync: release chart changed',
  },
  { name: 'other values', given: { values: { a: 1 } }, want: 'OutOfSync: release config values changed' },
  { name: 'the same renderers', given: { rendering: { postRenderers: same, commonMetadata: same } }, want: 'InSync' },
  {
    name: 'other post-renderers',
    given: { rendering: { postRenderers: other, commonMetadata: same } },
    want: 'OutOfSync: postrenderers digest has changed',
  },
  {
    name: 'other common metadata',
    given: { rendering: { postRenderers: same, commonMetadata: other } },
    want: 'OutOfSync: common metadata digest has changed',
  },
  { name: 'tests that were not run', given: { tests: testing }, want: 'Untested' },
  { name: 'tests that passed', given: { ...tested('Succeeded'), tests: testing }, want: 'InSync' },
  {
    name: 'a test that failed',
    given: { ...tested('Failed'), tests: testing },
    want: 'Failed: release has test in failed phase',
  },
  {
    name: 'a test that may fail',
    given: { ...tested('Failed'), tests: { enabled: true, ignoreFailures: true } },
    want: 'InSync',
  },
  { name: 'a test that failed before tests were switched off', given: tested('Failed'), want: 'InSync' },
  {
    name: 'a test that somebody ran by hand',
    given: { last: testHook('Failed'), history: [taken(testHook(''))] },
    want: 'InSync',
  },
];

describe('determineState', () => {
  for (const { name, given, want } of cases)
    it(name, () => {
      const { status, reason } = determineState(observed(given));
      assert.equal(reason === '' ? status : `${status}: ${reason}`, want);
    });

  for (const status of ['unknown', 'superseded', 'uninstalling'] as const)
    it(`a release whose status is ${status}`, () => {
      assert.throws(() => determineState(observed(withStatus(status))), UnknownStateError);
    });
});
