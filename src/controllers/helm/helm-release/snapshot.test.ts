import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import { decodeRelease } from '../../../engines/helm/release/record.ts';
import { commonMetadataDigest, postRenderersDigest } from './digests.ts';
import { chartAt, fullName, isRecordOf, type Snapshot, snapshotOf, testHooksOf } from './snapshot.ts';
import { releaseRecord } from './testing.ts';

interface Recording {
  readonly snapshot: Snapshot;
  readonly release: string;
  readonly postRenderers: HelmRelease['spec']['postRenderers'];
  readonly postRenderersDigest: string;
  readonly commonMetadata: HelmRelease['spec']['commonMetadata'];
  readonly commonMetadataDigest: string;
}

/** What Flux's controller stored, and what it wrote into the status of it. */
const recorded: Recording = JSON.parse(
  readFileSync(join(import.meta.dirname, 'testdata', 'recorded-release.json'), 'utf8'),
);

describe('snapshots', () => {
  const record = decodeRelease(recorded.release);

  it('are those that Flux takes of the same release', () => {
    const made = snapshotOf(record, { ociDigest: '', action: 'install', algorithm: 'sha256' });
    assert.deepEqual({ ...made, testHooks: testHooksOf(record) }, recorded.snapshot);
    assert.equal(postRenderersDigest(recorded.postRenderers, 'sha256'), recorded.postRenderersDigest);
    assert.equal(commonMetadataDigest(recorded.commonMetadata, 'sha256'), recorded.commonMetadataDigest);
  });

  it("tell Flux's release from one that was changed", () => {
    assert.ok(isRecordOf(record, recorded.snapshot));
    const changes = [
      { ...record, manifest: `${record.manifest} ` },
      { ...record, config: {} },
      { ...record, info: { ...record.info, description: 'mine' } },
      { ...record, version: 2 },
      { ...record, hooks: [] },
    ];
    for (const changed of changes) assert.equal(isRecordOf(changed, recorded.snapshot), false);
    const tested = { ...record, hooks: record.hooks.filter(({ events }) => !events.includes('test')) };
    assert.ok(isRecordOf(tested, recorded.snapshot), 'tests may be run by anybody');
  });

  it('have the algorithm that is asked for, and are recognised whichever it was', () => {
    for (const algorithm of ['sha256', 'sha384', 'sha512', 'blake3'] as const) {
      const made = snapshotOf(record, { ociDigest: 'sha256:abc', action: undefined, algorithm });
      assert.ok(made.digest.startsWith(`${algorithm}:`));
      assert.ok(isRecordOf(record, made));
      assert.equal(isRecordOf(record, { ...made, ociDigest: 'sha256:other' }), false);
    }
  });

  it('name releases and charts as messages do', () => {
    assert.equal(fullName(recorded.snapshot), 'default/demo.v1');
    assert.equal(chartAt(recorded.snapshot), 'shop@1.0.0');
  });

  it('have whole seconds, and leave out what is not known', () => {
    const made = snapshotOf(releaseRecord({ info: { deleted: '2026-01-02T03:04:05.9Z' } }), {
      ociDigest: '',
      action: 'uninstall',
      algorithm: 'sha256',
    });
    assert.equal(made.deleted, '2026-01-02T03:04:05Z');
    assert.ok(!('ociDigest' in made) && !('appVersion' in made) && !('testHooks' in made));
  });
});
