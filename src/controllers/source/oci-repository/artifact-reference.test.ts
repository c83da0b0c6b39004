import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OciError } from '../../../oci/oci-error.ts';
import { Fault } from '../../../runtime/fault.ts';
import { type ArtifactReference, bestTag, determineReference, filterTags, repositoryOf } from './artifact-reference.ts';
import { ociRepository } from './testing.ts';

const signal = new AbortController().signal;
const digest = `sha256:${'a'.repeat(64)}`;
const repository = { registry: 'registry.example.com', path: 'org/app' };
const tags = ['latest', 'v1.0.0', 'v1.10.0', 'v1.9.0', '2.0.0-rc.1', '1.2', '1.3.0_build.1'];

type Ref = NonNullable<Parameters<typeof ociRepository>[0]>['ref'];

describe('determineReference', () => {
  const determine = (ref: Ref, mediaType?: string) =>
    determineReference(
      ociRepository({
        ...(ref === undefined ? {} : { ref }),
        ...(mediaType === undefined ? {} : { layerSelector: { mediaType } }),
      }),
      repository,
      { listTags: async () => tags },
      signal,
    );

  const cases: readonly { name: string; wanted: Ref; mediaType?: string; want: ArtifactReference }[] = [
    { name: 'nothing', wanted: undefined, want: { tag: 'latest' } },
    { name: 'empty fields', wanted: { tag: '', semver: '', digest: '' }, want: { tag: 'latest' } },
    { name: 'a tag', wanted: { tag: 'v1.0.0' }, want: { tag: 'v1.0.0' } },
    { name: 'a range before a tag', wanted: { tag: 'v1.0.0', semver: '>=1.0.0' }, want: { tag: 'v1.10.0' } },
    { name: 'a digest before all', wanted: { tag: 'x', semver: 'nonsense', digest }, want: { digest } },
    { name: 'prereleases, asked for', wanted: { semver: '>=1.0.0-0' }, want: { tag: '2.0.0-rc.1' } },
    { name: 'a filter', wanted: { semver: '*', semverFilter: '^v1\\.\\d\\.' }, want: { tag: 'v1.9.0' } },
    {
      name: 'a chart, whose tags have _ for +',
      wanted: { semver: '1.3.x' },
      mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
      want: { tag: '1.3.0_build.1' },
    },
  ];
  for (const { name, wanted, mediaType, want } of cases) {
    it(`takes ${name}`, async () => assert.deepEqual(await determine(wanted, mediaType), want));
  }

  const bad: readonly { name: string; wanted: Ref; reason: string; says: string }[] = [
    {
      name: 'a range without tags',
      wanted: { semver: '>9.0.0' },
      reason: 'ReadOperationFailed',
      says: "failed to determine the artifact tag for 'oci://registry.example.com/org/app': no match found for semver: >9.0.0",
    },
    {
      name: 'no range',
      wanted: { semver: 'a b' },
      reason: 'ReadOperationFailed',
      says: "failed to determine the artifact tag for 'oci://registry.example.com/org/app': semver 'a b' parse error: ",
    },
    {
      name: 'a chart version of something else',
      wanted: { semver: '1.3.x' },
      reason: 'ReadOperationFailed',
      says: "failed to determine the artifact tag for 'oci://registry.example.com/org/app': no match",
    },
    {
      name: 'no digest',
      wanted: { digest: 'sha256:1' },
      reason: 'OCIArtifactPullFailed',
      says: 'failed to determine artifact digest: wrong number of hex digits for sha256: 1',
    },
    {
      name: 'no tag',
      wanted: { tag: '../../x' },
      reason: 'OCIArtifactPullFailed',
      says: 'failed to determine artifact digest: tag can only contain',
    },
  ];
  for (const { name, wanted, reason, says } of bad) {
    it(`says of ${name} what is wrong`, async () => {
      await assert.rejects(determine(wanted), (error: unknown) => {
        assert.ok(error instanceof Fault);
        assert.deepEqual([error.faultClass, error.reason, error.options.condition], ['retry', reason, 'FetchFailed']);
        assert.ok(error.message.startsWith(says), error.message);
        return true;
      });
    });
  }
});

describe('repositoryOf', () => {
  it('refuses what names none, for good', () => {
    for (const url of [
      'oci://',
      'oci://x',
      'oci://ghcr.io/Org',
      'oci://ghcr.io/org/app:v1',
      'https://ghcr.io/org/app',
    ]) {
      assert.throws(
        () => repositoryOf(ociRepository({ url })),
        (error: unknown) => error instanceof Fault && error.faultClass === 'stalled' && error.reason === 'URLInvalid',
      );
    }
  });
});

describe('bestTag', () => {
  it('takes the last by name among equal versions', () => {
    assert.equal(bestTag(['v1.0.0', '1.0.0'], { range: '*', isChart: false }), 'v1.0.0');
    assert.equal(bestTag(['1.0.0', 'v1.0.0'], { range: '*', isChart: false }), 'v1.0.0');
  });
});

describe('filterTags', () => {
  it('takes no longer for an expression that would backtrack for ever', () => {
    const started = performance.now();
    assert.deepEqual(filterTags([`${'a'.repeat(100)}!`], '^(a+)+$'), []);
    assert.ok(performance.now() - started < 5000);
  });
  it('refuses what RE2 does not know', () => {
    for (const filter of ['(', '(?=a)', '\\1']) assert.throws(() => filterTags(['a'], filter), OciError);
  });
});
