import type { GitRepository } from '../../../crds/source/git-repository.ts';

/** A GitRepository as unit tests need it. */
export function gitRepository(
  spec: Partial<GitRepository['spec']> = {},
  status: NonNullable<GitRepository['status']> = {},
  name = 'repo',
): GitRepository {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name, namespace: 'apps', generation: 1, resourceVersion: '1' },
    spec: { interval: '1m', url: 'https://git.example.com/repo', timeout: '60s', ...spec },
    status,
  };
}

/** An artifact of that revision. */
export function artifact(revision: string, digest = revision) {
  return { revision, digest, path: 'p', url: 'u', lastUpdateTime: '2026-01-01T00:00:00Z' };
}
