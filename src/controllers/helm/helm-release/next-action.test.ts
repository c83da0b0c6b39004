import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Action, nextAction, type Situation } from './next-action.ts';
import type { Snapshot } from './snapshot.ts';
import type { Remediation } from './spec.ts';
import type { ReleaseStatus } from './state.ts';

const snapshot = (version: number, status: string, more: Partial<Snapshot> = {}): Snapshot => ({
  name: 'demo',
  namespace: 'apps',
  version,
  status,
  chartName: 'demo',
  chartVersion: '1.0.0',
  configDigest: 'sha256:c',
  digest: `sha256:${version}`,
  firstDeployed: '2026-01-01T00:00:00Z',
  lastDeployed: '2026-01-01T00:00:00Z',
  ...more,
});

const remedy = (parts: Partial<Remediation> = {}): Remediation => ({
  strategy: 'rollback',
  retries: 0,
  ignoreTestFailures: false,
  remediateLastFailure: false,
  ...parts,
});

const situation = (parts: Partial<Situation> = {}): Situation => ({
  history: [snapshot(1, 'deployed')],
  lastAction: 'install',
  failures: { install: 0, upgrade: 0 },
  remediation: { install: remedy({ strategy: 'uninstall' }), upgrade: remedy() },
  retries: false,
  ignoreTestFailures: false,
  forced: false,
  drift: 'disabled',
  ...parts,
});

const failedInstall = { failures: { install: 1, upgrade: 0 } } as const;
const failedUpgrade = {
  lastAction: 'upgrade',
  failures: { install: 0, upgrade: 1 },
  history: [snapshot(2, 'failed'), snapshot(1, 'superseded')],
} as const;

interface Case {
  readonly name: string;
  readonly state: ReleaseStatus;
  readonly given?: Partial<Situation>;
  readonly want: Action['name'] | 'exhausted' | 'nothing';
}

/** All transitions: each state under each circumstance that decides. */
const cases: readonly Case[] = [
  { name: 'what is in sync is left', state: 'InSync', want: 'nothing' },
  { name: 'what is in sync is upgraded when forced', state: 'InSync', given: { forced: true }, want: 'upgrade' },
  { name: 'a pending release is unlocked', state: 'Locked', want: 'unlock' },
  {
    name: 'a pending release is unlocked first, also when forced',
    state: 'Locked',
    given: { forced: true },
    want: 'unlock',
  },
  {
    name: 'what is absent is installed',
    state: 'Absent',
    given: { history: [], lastAction: undefined },
    want: 'install',
  },
  {
    name: 'after a failed install without retries nothing is installed',
    state: 'Absent',
    given: failedInstall,
    want: 'exhausted',
  },
  {
    name: 'a forced install has no limit',
    state: 'Absent',
    given: { ...failedInstall, forced: true },
    want: 'install',
  },
  {
    name: 'a failed install is tried again while there are retries',
    state: 'Absent',
    given: { ...failedInstall, remediation: { install: remedy({ retries: 1 }), upgrade: remedy() } },
    want: 'install',
  },
  {
    name: 'retries below 0 are without end',
    state: 'Absent',
    given: {
      failures: { install: 99, upgrade: 0 },
      remediation: { install: remedy({ retries: -1 }), upgrade: remedy() },
    },
    want: 'install',
  },
  { name: 'what somebody else released is upgraded', state: 'Unmanaged', want: 'upgrade' },
  { name: 'what is out of sync is upgraded', state: 'OutOfSync', want: 'upgrade' },
  {
    name: 'after a failed upgrade without retries nothing is upgraded',
    state: 'OutOfSync',
    given: failedUpgrade,
    want: 'exhausted',
  },
  {
    name: 'a forced upgrade has no limit',
    state: 'OutOfSync',
    given: { ...failedUpgrade, forced: true },
    want: 'upgrade',
  },
  { name: 'failed installs do not count for upgrades', state: 'OutOfSync', given: failedInstall, want: 'upgrade' },
  { name: 'drift is told', state: 'Drifted', given: { drift: 'warn' }, want: 'nothing' },
  { name: 'drift is corrected', state: 'Drifted', given: { drift: 'enabled' }, want: 'correct cluster drift' },
  { name: 'what is untested is tested', state: 'Untested', want: 'test' },
  { name: 'a failure that nobody counted is upgraded', state: 'Failed', want: 'upgrade' },
  {
    name: 'a failure of another controller is upgraded',
    state: 'Failed',
    given: { lastAction: undefined },
    want: 'upgrade',
  },
  {
    name: 'a failed install is left when the last failure is not remedied',
    state: 'Failed',
    given: failedInstall,
    want: 'exhausted',
  },
  {
    name: 'a failed install is uninstalled while there are retries',
    state: 'Failed',
    given: {
      ...failedInstall,
      remediation: { install: remedy({ strategy: 'uninstall', retries: 1 }), upgrade: remedy() },
    },
    want: 'uninstall',
  },
  {
    name: 'the last failure of an install is uninstalled when asked for',
    state: 'Failed',
    given: {
      ...failedInstall,
      remediation: { install: remedy({ strategy: 'uninstall', remediateLastFailure: true }), upgrade: remedy() },
    },
    want: 'uninstall',
  },
  {
    name: 'a failed upgrade is rolled back',
    state: 'Failed',
    given: { ...failedUpgrade, remediation: { install: remedy(), upgrade: remedy({ retries: 1 }) } },
    want: 'rollback',
  },
  {
    name: 'a failed upgrade is uninstalled when that is the strategy',
    state: 'Failed',
    given: {
      ...failedUpgrade,
      remediation: { install: remedy(), upgrade: remedy({ strategy: 'uninstall', retries: 1 }) },
    },
    want: 'uninstall',
  },
  {
    name: 'a failed upgrade is left when its retries are used up',
    state: 'Failed',
    given: failedUpgrade,
    want: 'exhausted',
  },
  {
    name: 'a failed upgrade is upgraded when forced',
    state: 'Failed',
    given: { ...failedUpgrade, forced: true },
    want: 'upgrade',
  },
  {
    name: 'RetryOnFailure upgrades what failed',
    state: 'Failed',
    given: { ...failedUpgrade, retries: true },
    want: 'upgrade',
  },
];

describe('nextAction', () => {
  for (const { name, state, given, want } of cases)
    it(name, () => {
      const { action } = nextAction({ status: state, reason: '' }, situation(given));
      assert.equal(typeof action === 'object' ? action.name : (action ?? 'nothing'), want);
    });

  it('rolls back to what was deployed last, and whose tests passed', () => {
    const failedTest = { testHooks: { t: { phase: 'Failed' } } };
    const history = [
      snapshot(4, 'failed'),
      snapshot(3, 'failed'),
      snapshot(2, 'superseded', failedTest),
      snapshot(1, 'superseded'),
    ];
    const target = (ignoreTestFailures: boolean) => {
      const upgrade = remedy({ retries: 1, ignoreTestFailures });
      const given = situation({ ...failedUpgrade, history, remediation: { install: remedy(), upgrade } });
      const { action } = nextAction({ status: 'Failed', reason: '' }, given);
      return typeof action === 'object' && action.name === 'rollback' ? action.to?.version : undefined;
    };
    assert.equal(target(false), 1);
    assert.equal(target(true), 2);
  });

  it('keeps of the history what it may roll back to', () => {
    const history = [6, 5, 4, 3, 2, 1].map((version) => snapshot(version, version === 4 ? 'superseded' : 'failed'));
    const kept = (given: Partial<Situation>, status: ReleaseStatus = 'InSync') =>
      nextAction({ status, reason: '' }, situation({ history, ...given })).history.map(({ version }) => version);
    assert.deepEqual(kept({}), [6, 5, 4]);
    assert.deepEqual(kept({ retries: true }), [6, 5, 4, 3, 2]);
    assert.deepEqual(kept({}, 'Unmanaged'), []);
    assert.deepEqual(kept({}, 'OutOfSync'), [6, 5, 4, 3, 2, 1]);
  });

  it('says why', () => {
    const { why } = nextAction({ status: 'OutOfSync', reason: 'release chart changed' }, situation());
    assert.equal(why, 'release out-of-sync with desired state: release chart changed');
  });
});
