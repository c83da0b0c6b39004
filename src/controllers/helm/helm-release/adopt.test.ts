import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type HelmRelease, helmReleaseKind } from '../../../crds/helm/helm-release.ts';
import type { ReleaseRecord } from '../../../engines/helm/release/record.ts';
import { adopted } from './adopt.ts';
import { valuesDigest } from './digests.ts';
import type { RunChart } from './runs.ts';
import { snapshotOf } from './snapshot.ts';
import { releaseRecord } from './testing.ts';

const labels = (name: string) => `apiVersion: v1
kind: ConfigMap
metadata:
  name: cm
  labels:
    helm.toolkit.fluxcd.io/name: ${name}
    helm.toolkit.fluxcd.io/namespace: apps
`;

const object: HelmRelease = {
  apiVersion: helmReleaseKind.apiVersion,
  kind: helmReleaseKind.kind,
  metadata: { name: 'demo', namespace: 'apps' },
  spec: { interval: '1h' },
  status: { storageNamespace: 'apps' },
};
const chart = {
  input: { name: 'demo', version: '1.0.0' },
  appVersion: '',
  ociDigest: '',
  configDigest: valuesDigest({ a: 1 }, 'sha256'),
} as RunChart;
const own = releaseRecord({ manifest: labels('demo'), config: { a: 1 } });
const taken = (record: ReleaseRecord) => snapshotOf(record, { ociDigest: '', action: 'install', algorithm: 'sha256' });
const upgraded = { ...own, version: 2, info: { ...own.info, description: 'Upgrade complete' } };

const cases: readonly {
  readonly name: string;
  readonly last?: ReleaseRecord | undefined;
  readonly history?: readonly ReleaseRecord[];
  readonly object?: HelmRelease;
  readonly want: string;
}[] = [
  { name: 'takes an install into an empty history', want: '1 install' },
  { name: 'takes an upgrade of what is known', last: upgraded, history: [own], want: '2 upgrade, 1 install' },
  { name: 'leaves what it knows', history: [own], want: '1 install' },
  { name: 'leaves nothing as it is', last: undefined, want: '' },
  { name: 'leaves what another object released', last: { ...own, manifest: labels('other') }, want: '' },
  { name: 'leaves what helm released', last: { ...own, manifest: 'kind: A' }, want: '' },
  {
    name: 'leaves what helm rolled back to',
    last: { ...own, info: { ...own.info, description: 'Rollback to 1' } },
    want: '',
  },
  { name: 'leaves other values', last: { ...own, config: { a: 2 } }, want: '' },
  { name: 'leaves another chart', last: { ...own, chart: { metadata: { name: 'demo', version: '2.0.0' } } }, want: '' },
  { name: 'leaves what is under way', last: { ...own, info: { ...own.info, status: 'pending-install' } }, want: '' },
  {
    name: 'leaves revisions that others made in between',
    last: { ...upgraded, version: 4 },
    history: [own],
    want: '1 install',
  },
  { name: 'leaves all to an object that never released anything', object: { ...object, status: {} }, want: '' },
];

describe('adopted', () => {
  for (const { name, last = own, history = [], want, ...given } of cases)
    it(name, () => {
      const wanted = name === 'leaves nothing as it is' ? undefined : last;
      const all = adopted(history.map(taken), wanted, given.object ?? object, chart, 'sha256');
      assert.equal(all.map(({ version, action }) => `${version} ${action}`).join(', '), want);
    });
});
