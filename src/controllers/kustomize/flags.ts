import { featureGatesFlag, kustomizeGates } from '../../runtime/feature-gates.ts';
import {
  booleanFlag,
  durationFlag,
  type FlagValues,
  integerFlag,
  listFlag,
  stringFlag,
} from '../../runtime/flag-types.ts';
import { pruneGuardFlag } from './kustomization/prune-guard-flag.ts';

/** The flags of the kustomize-controller beside those that all controllers have. */
export const kustomizeFlags = {
  concurrentSsa: integerFlag('concurrent-ssa', 4, 'How many objects of a Kustomization are applied at once.', {
    min: 1,
  }),
  customApplyStageKinds: listFlag(
    'custom-apply-stage-kinds',
    'Kinds, as group/Kind, that are applied after definitions and classes, and before everything else.',
  ),
  defaultDecryptionServiceAccount: stringFlag(
    'default-decryption-service-account',
    '',
    'The ServiceAccount, of its own namespace, that a Kustomization without spec.decryption.serviceAccountName asks key services as. Needs the feature gate ObjectLevelWorkloadIdentity.',
  ),
  defaultKubeconfigServiceAccount: stringFlag(
    'default-kubeconfig-service-account',
    '',
    'The ServiceAccount, of its own namespace, whose cloud identity a ConfigMap for spec.kubeConfig uses that names none. Needs the feature gate ObjectLevelWorkloadIdentity.',
  ),
  defaultServiceAccount: stringFlag(
    'default-service-account',
    '',
    'The ServiceAccount that Kustomizations without spec.serviceAccountName are applied as.',
  ),
  httpRetry: integerFlag('http-retry', 9, 'How often the download of an artifact is tried again.'),
  insecureKubeconfigExec: booleanFlag(
    'insecure-kubeconfig-exec',
    false,
    "Let kubeconfigs of Kustomizations run credential plugins: programs in the controller, of the tenant's choosing.",
  ),
  insecureKubeconfigTls: booleanFlag(
    'insecure-kubeconfig-tls',
    false,
    'Let kubeconfigs of Kustomizations turn off the verification of certificates.',
  ),
  noCrossNamespaceRefs: booleanFlag(
    'no-cross-namespace-refs',
    false,
    'Refuse references to objects of other namespaces.',
  ),
  noRemoteBases: booleanFlag(
    'no-remote-bases',
    false,
    'Refuse remote bases and files in kustomizations: all must be in the source artifact.',
  ),
  sopsAgeSecret: stringFlag(
    'sops-age-secret',
    '',
    "A Secret in the controller's namespace with age keys (`*.agekey`), for Kustomizations whose spec.decryption names no Secret.",
  ),
  sopsVaultConfigMap: stringFlag(
    'sops-vault-configmap',
    '',
    "A ConfigMap in the controller's namespace that lists, in `config.yaml`, the Vault or OpenBao servers (`instances` with `address` and `loginPath`) where ServiceAccounts log in to decrypt.",
  ),
  overrideManagers: listFlag('override-manager', 'Field managers whose changes are undone, beside those of kubectl.'),
  orphanAfterMs: durationFlag(
    'orphan-after',
    '0s',
    'How long the deletion of a Kustomization tries in vain to reach what it applied, before that is left behind; 0: for ever. The annotation sluice.dev/orphan-after has its own.',
  ),
  pruneGuard: pruneGuardFlag,
} as const;

export const kustomizeGatesFlag = featureGatesFlag(kustomizeGates);

export type KustomizeFlags = FlagValues<typeof kustomizeFlags>;
export type KustomizeGates = typeof kustomizeGatesFlag.default;
