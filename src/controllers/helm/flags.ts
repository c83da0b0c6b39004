import { type DigestAlgorithm, digestAlgorithms } from '../../artifact/digest.ts';
import { featureGatesFlag, helmGates } from '../../runtime/feature-gates.ts';
import {
  booleanFlag,
  choiceFlag,
  durationFlag,
  type FlagValues,
  integerFlag,
  listFlag,
  stringFlag,
} from '../../runtime/flag-types.ts';

/** The flags of the helm-controller beside those that all controllers have. */
export const helmFlags = {
  defaultKubeconfigServiceAccount: stringFlag(
    'default-kubeconfig-service-account',
    '',
    'The ServiceAccount, of its own namespace, whose cloud identity a ConfigMap for spec.kubeConfig uses that names none. Needs the feature gate ObjectLevelWorkloadIdentity.',
  ),
  defaultServiceAccount: stringFlag(
    'default-service-account',
    '',
    'The ServiceAccount that objects without spec.serviceAccountName are applied as.',
  ),
  httpRetry: integerFlag('http-retry', 9, 'How often the download of an artifact is tried again.'),
  httpTimeoutMs: durationFlag('http-timeout', '30s', 'How long the download of a chart may take.'),
  insecureKubeconfigExec: booleanFlag(
    'insecure-kubeconfig-exec',
    false,
    "Let kubeconfigs of users run credential plugins: programs in the controller, of the tenant's choosing.",
  ),
  insecureKubeconfigTls: booleanFlag(
    'insecure-kubeconfig-tls',
    false,
    'Let kubeconfigs of users turn off the verification of certificates.',
  ),
  noCrossNamespaceRefs: booleanFlag(
    'no-cross-namespace-refs',
    false,
    'Refuse references to objects of other namespaces.',
  ),
  overrideManagers: listFlag('override-manager', 'Field managers whose changes are undone, beside those of kubectl.'),
  snapshotDigestAlgo: choiceFlag<DigestAlgorithm>(
    'snapshot-digest-algo',
    digestAlgorithms,
    'sha256',
    'The algorithm of the digests in status.history.',
  ),
} as const;

export const helmGatesFlag = featureGatesFlag(helmGates);

export type HelmFlags = FlagValues<typeof helmFlags>;
export type HelmGates = typeof helmGatesFlag.default;
