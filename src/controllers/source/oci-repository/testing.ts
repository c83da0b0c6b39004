import type { OCIRepository } from '../../../crds/source/oci-repository.ts';

/** An OCIRepository as unit tests need it. */
export function ociRepository(
  spec: Partial<OCIRepository['spec']> = {},
  status: NonNullable<OCIRepository['status']> = {},
  name = 'repo',
): OCIRepository {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata: { name, namespace: 'apps', generation: 1, resourceVersion: '1' },
    spec: { interval: '1m', url: 'oci://registry.example.com/org/app', timeout: '60s', provider: 'generic', ...spec },
    status,
  };
}
