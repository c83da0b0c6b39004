import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chartRevision, digestIn, RevisionError } from './revision.ts';

const hex = '0123456789abcdef'.repeat(4);
const digest = `sha256:${hex}`;

describe('chartRevision', () => {
  const cases: readonly {
    readonly name: string;
    readonly kind?: string;
    readonly revision: string;
    readonly version?: string;
    readonly track?: boolean;
    readonly want: { readonly version: string | undefined; readonly digest: string };
  }[] = [
    { name: 'a HelmChart', kind: 'HelmChart', revision: '1.0.0', want: { version: undefined, digest: '' } },
    { name: 'a tag', revision: `1.0.0@${digest}`, want: { version: '1.0.0+0123456789ab', digest } },
    { name: 'a digest alone', revision: digest, want: { version: '1.0.0+0123456789ab', digest } },
    {
      name: 'a tag that is no version',
      revision: `latest@${digest}`,
      want: { version: '1.0.0+0123456789ab', digest: `latest@${digest}` },
    },
    {
      name: 'a tag with build metadata',
      revision: `1.0.0_build@${digest}`,
      version: '1.0.0+build',
      want: { version: '1.0.0+0123456789ab', digest },
    },
    {
      name: 'a version before the first',
      revision: `1.0.0-rc.1@${digest}`,
      version: '1.0.0-rc.1',
      want: { version: '1.0.0-rc.1+0123456789ab', digest },
    },
    { name: 'a tag, untracked', revision: `1.0.0@${digest}`, track: false, want: { version: undefined, digest } },
    {
      name: 'an ExternalArtifact with a version',
      kind: 'ExternalArtifact',
      revision: '1.0.0',
      want: { version: undefined, digest: '' },
    },
    {
      name: 'an ExternalArtifact with a digest',
      kind: 'ExternalArtifact',
      revision: digest,
      want: { version: '1.0.0+0123456789ab', digest },
    },
  ];
  for (const { name, kind = 'OCIRepository', revision, version = '1.0.0', track = true, want } of cases)
    it(`is told for ${name}`, () => assert.deepEqual(chartRevision({ kind, revision }, version, track), want));

  const failures: readonly (readonly [string, string, string])[] = [
    [`2.0.0@${digest}`, '1.0.0', 'artifact revision 2.0.0 does not match chart version 1.0.0'],
    ['sha256:short', '1.0.0', 'invalid artifact revision sha256:short'],
    [`1.0.0@${digest}`, 'none', 'invalid chart version none'],
  ];
  for (const [revision, version, message] of failures)
    it(`says: ${message.slice(0, 50)}`, () => {
      assert.throws(
        () => chartRevision({ kind: 'OCIRepository', revision }, version, true),
        (error: Error) => {
          assert.ok(error instanceof RevisionError);
          assert.equal(error.message, message);
          return true;
        },
      );
    });
});

describe('digestIn', () => {
  for (const [revision, want] of [
    [`1.0.0@${digest}`, digest],
    [digest, digest],
    [`a@b@${digest}`, ''],
  ] as const)
    it(revision.slice(0, 20), () => assert.equal(digestIn(revision), want));
});
