import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import { Fault } from '../../../runtime/fault.ts';
import { type Source, type SourceOptions, withCurrentSource } from './source.ts';

const artifact = {
  digest: 'sha256:00',
  lastUpdateTime: '2026-01-01T00:00:00Z',
  path: 'p',
  revision: 'main@sha1:1',
  url: 'http://source/p',
};

function kustomization(sourceRef: Partial<Kustomization['spec']['sourceRef']>): Kustomization {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'app', namespace: 'team' },
    spec: {
      interval: '10m',
      retryInterval: '1m',
      prune: true,
      force: false,
      sourceRef: { kind: 'GitRepository', name: 'repo', ...sourceRef },
    },
  };
}

function options(found: readonly Source[], more: Partial<SourceOptions> = {}): SourceOptions {
  return {
    lookup: (kind, key) =>
      found.find((one) => one.kind === kind && one.namespace === key.namespace && one.name === key.name),
    noCrossNamespaceRefs: false,
    allowExternalArtifact: false,
    requeueDependencyMs: 5000,
    ...more,
  };
}

const { signal } = new AbortController();

const resolveSource = (object: Kustomization, given: SourceOptions) =>
  withCurrentSource(object, given, signal, (source) => Promise.resolve(source));

const repo: Source = { kind: 'GitRepository', namespace: 'team', name: 'repo', artifact };

test('a source with an artifact is resolved, with the revision that it was made from', async () => {
  const { artifact: _, ...without } = repo;
  const made = { ...artifact, metadata: { 'org.opencontainers.image.revision': 'main@sha1:9' } };
  const source = await resolveSource(kustomization({}), options([{ ...without, artifact: made }]));
  assert.equal(source.artifact.revision, 'main@sha1:1');
  assert.equal(source.originRevision, 'main@sha1:9');
});

test('a source of another namespace is resolved unless that is refused', async () => {
  const other = { ...repo, namespace: 'other' };
  const source = await resolveSource(kustomization({ namespace: 'other' }), options([other]));
  assert.equal(source.namespace, 'other');
});

const refused = [
  {
    name: 'an absent source is waited for with the retry interval',
    object: kustomization({}),
    options: options([]),
    want: { faultClass: 'waiting', reason: 'ArtifactFailed', retryAfterMs: 60_000 },
  },
  {
    name: 'a source without an artifact is waited for with the dependency interval',
    object: kustomization({}),
    options: options([{ kind: 'GitRepository', namespace: 'team', name: 'repo' }]),
    want: { faultClass: 'waiting', reason: 'ArtifactFailed', retryAfterMs: 5_000 },
  },
  {
    name: 'a reference to another namespace stalls where those are refused',
    object: kustomization({ namespace: 'other' }),
    options: options([{ ...repo, namespace: 'other' }], { noCrossNamespaceRefs: true }),
    want: { faultClass: 'stalled', reason: 'AccessDenied', retryAfterMs: undefined },
  },
  {
    name: 'an ExternalArtifact stalls without its feature gate',
    object: kustomization({ kind: 'ExternalArtifact' }),
    options: options([{ ...repo, kind: 'ExternalArtifact' }]),
    want: { faultClass: 'stalled', reason: 'AccessDenied', retryAfterMs: undefined },
  },
];

for (const { name, object, options: given, want } of refused) {
  test(name, async () => {
    await assert.rejects(resolveSource(object, given), (error: unknown) => {
      assert.ok(error instanceof Fault);
      const { faultClass, reason, options: more } = error;
      assert.deepEqual({ faultClass, reason, retryAfterMs: more.retryAfterMs }, want);
      return true;
    });
  });
}

describe('a source whose artifact cannot be had', () => {
  const withDigest = (digest: string): Source => ({ ...repo, artifact: { ...artifact, digest } });
  const failed = (digest: string): never => {
    throw new Fault('retry', 'ArtifactFailed', `cannot have ${digest}`);
  };

  it('is taken as it is by now', async () => {
    const seen = [withDigest('sha256:old'), withDigest('sha256:new')];
    const lookup = () => seen.shift();
    const digest = await withCurrentSource(kustomization({}), { ...options([]), lookup }, signal, (source) =>
      Promise.resolve(source.artifact.digest === 'sha256:old' ? failed('old') : source.artifact.digest),
    );
    assert.equal(digest, 'sha256:new');
  });

  it('fails when it is still the same', async () => {
    const work = () => Promise.resolve().then(() => failed('this'));
    await assert.rejects(withCurrentSource(kustomization({}), options([repo]), signal, work), {
      reason: 'ArtifactFailed',
      message: 'cannot have this',
    });
  });

  it('fails with what else went wrong', async () => {
    let looked = 0;
    const lookup = () => withDigest(`sha256:${looked++}`);
    const work = () => Promise.reject(new Fault('retry', 'BuildFailed', 'bad YAML'));
    await assert.rejects(withCurrentSource(kustomization({}), { ...options([]), lookup }, signal, work), {
      reason: 'BuildFailed',
    });
    assert.equal(looked, 1);
  });
});
