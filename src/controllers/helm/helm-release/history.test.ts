import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type History, latestOf, previousOf, withRecord, withReleases, withRollback, withTests } from './history.ts';
import { releaseRecord } from './testing.ts';

const recording = { ociDigest: 'sha256:oci', algorithm: 'sha256' } as const;
const at = (version: number, parts: Parameters<typeof releaseRecord>[0] = {}) => releaseRecord({ ...parts, version });
const installed = withReleases([], [at(1)], 'install', recording);
const seen = (history: History) =>
  history.map(({ version, status, action = '', ociDigest = '' }) =>
    `${version} ${status} ${action} ${ociDigest}`.trim(),
  );

describe('the history of a release', () => {
  it('begins with an install', () => {
    assert.deepEqual(seen(installed), ['1 deployed install sha256:oci']);
  });

  it('goes on with an upgrade, and has the release before it as that is now', () => {
    const superseded = at(1, { info: { status: 'superseded' } });
    const upgraded = withReleases(installed, [superseded, at(2)], 'upgrade', { ...recording, ociDigest: '' });
    assert.deepEqual(seen(upgraded), ['2 deployed upgrade', '1 superseded  sha256:oci']);
    assert.equal(latestOf(upgraded)?.version, 2);
    assert.equal(previousOf(upgraded, false)?.version, 1);
  });

  it('has an upgrade that failed, with nothing said any more of how the one before it came about', () => {
    const failed = at(2, { info: { status: 'failed' } });
    const upgraded = withReleases(installed, [failed], 'upgrade', recording);
    assert.deepEqual(seen(upgraded), ['2 failed upgrade sha256:oci', '1 deployed  sha256:oci']);
  });

  it('stays what it was when nothing was stored', () => {
    assert.deepEqual(withReleases(installed, [], 'upgrade', recording), installed);
  });

  it('has a rollback as a release of its own, whose later writes it follows', () => {
    const begun = withRollback(installed, at(2, { info: { status: 'pending-rollback' } }), 'sha256');
    assert.deepEqual(seen(begun), ['2 pending-rollback', '1 deployed install sha256:oci']);
    assert.deepEqual(seen(withRollback(begun, at(2), 'sha256')), [
      '2 deployed rollback',
      '1 deployed install sha256:oci',
    ]);
  });

  it('keeps what the tests of a release were when that is written again', () => {
    const hook = {
      name: 'check',
      kind: 'Pod',
      path: '',
      manifest: '',
      events: ['test' as const],
      weight: 0,
      deletePolicies: [],
      outputLogPolicies: [],
      lastRun: { phase: 'Succeeded' as const, startedAt: '2026-01-01T00:00:00Z' },
    };
    const tested = withTests(installed, at(1, { hooks: [hook] }), 'sha256');
    assert.deepEqual(tested[0]?.testHooks, { check: { phase: 'Succeeded', lastStarted: '2026-01-01T00:00:00Z' } });
    assert.equal(tested[0].action, 'install');
    const removed = withRecord(tested, at(1, { info: { status: 'uninstalling' } }), 'uninstall', 'sha256');
    assert.deepEqual(removed[0]?.testHooks, tested[0].testHooks);
    assert.deepEqual(withTests(installed, at(9, { hooks: [hook] }), 'sha256'), installed, 'tests of another release');
  });

  it('has nothing to roll back to after one release', () => {
    assert.equal(previousOf(installed, true), undefined);
    assert.equal(latestOf([]), undefined);
  });
});
