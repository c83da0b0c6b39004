import { digestAlgorithms } from '../../artifact/digest.ts';
import { featureGatesFlag, sourceGates } from '../../runtime/feature-gates.ts';
import {
  choiceFlag,
  durationFlag,
  type FlagValues,
  integerFlag,
  listFlag,
  stringFlag,
} from '../../runtime/flag-types.ts';

const MiB = 1024 * 1024;

const storageFlags = {
  storagePath: stringFlag('storage-path', '/data', 'The directory that artifacts are kept in.', {
    env: 'STORAGE_PATH',
  }),
  storageAddr: stringFlag('storage-addr', ':9090', 'Where artifacts are served.', { env: 'STORAGE_ADDRESS' }),
  storageAdvAddr: stringFlag(
    'storage-adv-addr',
    '',
    'The address under which others reach the artifacts; by default that of --storage-addr.',
    { env: 'STORAGE_ADV_ADDR' },
  ),
  artifactRetentionTtlMs: durationFlag(
    'artifact-retention-ttl',
    '60s',
    'How long an artifact is kept after a newer one took its place.',
  ),
  artifactRetentionRecords: integerFlag(
    'artifact-retention-records',
    2,
    'How many artifacts of an object are kept at most, the newest included.',
    { min: 1 },
  ),
  artifactDigestAlgo: choiceFlag(
    'artifact-digest-algo',
    digestAlgorithms,
    'sha256',
    'The algorithm of the digests that artifacts are verified by.',
  ),
} as const;

const helmFlags = {
  helmIndexMaxSize: integerFlag('helm-index-max-size', 50 * MiB, 'The largest index of a Helm repository, in bytes.'),
  helmChartMaxSize: integerFlag('helm-chart-max-size', 10 * MiB, 'The largest Helm chart, in bytes.'),
  helmChartFileMaxSize: integerFlag('helm-chart-file-max-size', 5 * MiB, 'The largest file in a Helm chart, in bytes.'),
  helmCacheMaxSize: integerFlag(
    'helm-cache-max-size',
    0,
    'Of how many Helm indexes it is remembered where charts lie in them; 0: of none.',
  ),
  helmCacheTtlMs: durationFlag(
    'helm-cache-ttl',
    '15m',
    'How long that is remembered of a Helm index that nobody asks for.',
  ),
  helmCachePurgeIntervalMs: durationFlag(
    'helm-cache-purge-interval',
    '1m',
    'How often Helm indexes are forgotten that nobody asked for.',
  ),
} as const;

const sshFlags = {
  sshKexAlgos: listFlag('ssh-kex-algos', 'Key exchange algorithms for SSH, in order of preference.'),
  sshHostkeyAlgos: listFlag('ssh-hostkey-algos', 'Host key algorithms for SSH, in order of preference.'),
} as const;

const workloadIdentityFlags = {
  defaultServiceAccount: stringFlag(
    'default-service-account',
    '',
    'The ServiceAccount that clouds are asked as for objects without spec.serviceAccountName; by default the controller itself.',
  ),
} as const;

/** The flags of the source-controller beside the common ones (source-controller main.go, pkg/artifact/config/flags.go). */
export const sourceFlags = {
  ...storageFlags,
  ...helmFlags,
  ...sshFlags,
  ...workloadIdentityFlags,
} as const;

/** The values of {@link sourceFlags}: durations in milliseconds, sizes in bytes. */
export type SourceFlags = FlagValues<typeof sourceFlags>;

export const sourceGatesFlag = featureGatesFlag(sourceGates);

export type SourceGates = typeof sourceGatesFlag.default;
