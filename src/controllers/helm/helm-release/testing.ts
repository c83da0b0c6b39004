import type { ReleaseRecord } from '../../../engines/helm/release/record.ts';

type Parts = Partial<Omit<ReleaseRecord, 'info'>> & { readonly info?: Partial<ReleaseRecord['info']> };

/** A release as the storage has it, for tests. */
export function releaseRecord({ info, ...parts }: Parts = {}): ReleaseRecord {
  return {
    name: 'demo',
    namespace: 'apps',
    version: 1,
    chart: { metadata: { name: 'demo', version: '1.0.0', apiVersion: 'v2' } },
    config: {},
    manifest: '',
    hooks: [],
    applyMethod: 'ssa',
    ...parts,
    info: {
      firstDeployed: '2026-01-02T03:04:05.123456789Z',
      lastDeployed: '2026-01-02T03:04:05.12Z',
      description: 'Install complete',
      status: 'deployed',
      notes: '',
      ...info,
    },
  };
}
