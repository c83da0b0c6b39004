/** Versions of Kubernetes, as `1.22`, in which kinds of an API version were deprecated and removed. */
type Row = readonly [apiVersion: string, kinds: string, deprecated: string, removed: string, replacement: string];

/**
 * The lifecycles of Kubernetes 1.36 (k8s.io/api, zz_generated.prerelease-lifecycle.go). `Kind+` is the kind and its list;
 * `Kind=Other` is replaced by another kind of the version that replaces it.
 */
const rows: readonly Row[] = [
  [
    'admissionregistration.k8s.io/v1alpha1',
    'MutatingAdmissionPolicy+ MutatingAdmissionPolicyBinding+',
    '1.35',
    '1.38',
    '',
  ],
  [
    'admissionregistration.k8s.io/v1alpha1',
    'ValidatingAdmissionPolicy+ ValidatingAdmissionPolicyBinding+',
    '1.29',
    '1.32',
    '',
  ],
  [
    'admissionregistration.k8s.io/v1beta1',
    'MutatingAdmissionPolicy+ MutatingAdmissionPolicyBinding+',
    '1.37',
    '1.40',
    'admissionregistration.k8s.io/v1',
  ],
  [
    'admissionregistration.k8s.io/v1beta1',
    'MutatingWebhookConfiguration+ ValidatingWebhookConfiguration+',
    '1.16',
    '1.22',
    'admissionregistration.k8s.io/v1',
  ],
  [
    'admissionregistration.k8s.io/v1beta1',
    'ValidatingAdmissionPolicy+ ValidatingAdmissionPolicyBinding+',
    '1.31',
    '1.34',
    '',
  ],
  ['apps/v1beta1', 'ControllerRevision+ Deployment+ DeploymentRollback StatefulSet+', '1.8', '1.16', 'apps/v1'],
  ['apps/v1beta1', 'Scale', '1.8', '1.16', 'autoscaling/v1'],
  ['apps/v1beta2', 'ControllerRevision+ DaemonSet+ Deployment+ ReplicaSet+ StatefulSet+', '1.9', '1.16', 'apps/v1'],
  ['apps/v1beta2', 'Scale', '1.9', '1.16', 'autoscaling/v1'],
  ['authentication.k8s.io/v1alpha1', 'SelfSubjectReview', '1.29', '1.32', ''],
  ['authentication.k8s.io/v1beta1', 'SelfSubjectReview', '1.30', '1.33', ''],
  ['authentication.k8s.io/v1beta1', 'TokenReview', '1.19', '1.22', 'authentication.k8s.io/v1'],
  [
    'authorization.k8s.io/v1beta1',
    'LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview',
    '1.19',
    '1.22',
    'authorization.k8s.io/v1',
  ],
  ['batch/v1beta1', 'CronJob+', '1.21', '1.25', 'batch/v1'],
  ['certificates.k8s.io/v1alpha1', 'ClusterTrustBundle+', '1.34', '1.37', ''],
  ['certificates.k8s.io/v1beta1', 'CertificateSigningRequest+', '1.19', '1.22', 'certificates.k8s.io/v1'],
  ['certificates.k8s.io/v1beta1', 'ClusterTrustBundle+', '1.37', '1.40', ''],
  ['certificates.k8s.io/v1beta1', 'PodCertificateRequest+', '1.38', '1.41', ''],
  ['coordination.k8s.io/v1alpha2', 'LeaseCandidate+', '1.35', '1.38', ''],
  ['coordination.k8s.io/v1beta1', 'Lease+', '1.19', '1.22', 'coordination.k8s.io/v1'],
  ['coordination.k8s.io/v1beta1', 'LeaseCandidate+', '1.36', '1.39', ''],
  ['discovery.k8s.io/v1beta1', 'EndpointSlice EndpointSliceList=EndpointSlice', '1.21', '1.25', 'discovery.k8s.io/v1'],
  ['events.k8s.io/v1beta1', 'Event+', '1.22', '1.25', ''],
  ['extensions/v1beta1', 'DaemonSet+ Deployment+ ReplicaSet+', '1.8', '1.16', 'apps/v1'],
  ['extensions/v1beta1', 'DeploymentRollback', '1.8', '1.16', ''],
  ['extensions/v1beta1', 'Ingress+', '1.14', '1.22', 'networking.k8s.io/v1'],
  ['extensions/v1beta1', 'NetworkPolicy+', '1.9', '1.16', 'networking.k8s.io/v1'],
  ['extensions/v1beta1', 'Scale', '1.2', '1.16', ''],
  [
    'flowcontrol.apiserver.k8s.io/v1beta1',
    'FlowSchema+ PriorityLevelConfiguration+',
    '1.23',
    '1.26',
    'flowcontrol.apiserver.k8s.io/v1beta3',
  ],
  [
    'flowcontrol.apiserver.k8s.io/v1beta2',
    'FlowSchema+ PriorityLevelConfiguration+',
    '1.26',
    '1.29',
    'flowcontrol.apiserver.k8s.io/v1beta3',
  ],
  [
    'flowcontrol.apiserver.k8s.io/v1beta3',
    'FlowSchema+ PriorityLevelConfiguration+',
    '1.29',
    '1.32',
    'flowcontrol.apiserver.k8s.io/v1',
  ],
  ['networking.k8s.io/v1beta1', 'IPAddress+ ServiceCIDR+', '1.34', '1.37', ''],
  [
    'networking.k8s.io/v1beta1',
    'Ingress+ IngressClass=IngressClassList IngressClassList',
    '1.19',
    '1.22',
    'networking.k8s.io/v1',
  ],
  ['node.k8s.io/v1beta1', 'RuntimeClass+', '1.22', '1.25', ''],
  ['policy/v1beta1', 'Eviction', '1.22', '1.25', ''],
  ['policy/v1beta1', 'PodDisruptionBudget+', '1.21', '1.25', 'policy/v1'],
  [
    'rbac.authorization.k8s.io/v1beta1',
    'ClusterRole+ ClusterRoleBinding+ Role+ RoleBinding+',
    '1.17',
    '1.22',
    'rbac.authorization.k8s.io/v1',
  ],
  ['resource.k8s.io/v1alpha3', 'DeviceTaintRule+', '1.36', '1.39', ''],
  ['resource.k8s.io/v1alpha3', 'ResourcePoolStatusRequest+', '1.39', '1.42', ''],
  ['resource.k8s.io/v1beta1', 'DeviceClass+ ResourceClaim+ ResourceClaimTemplate+ ResourceSlice+', '1.35', '1.38', ''],
  ['resource.k8s.io/v1beta2', 'DeviceClass+ ResourceClaim+ ResourceClaimTemplate+ ResourceSlice+', '1.36', '1.39', ''],
  ['resource.k8s.io/v1beta2', 'DeviceTaintRule+', '1.39', '1.42', ''],
  ['scheduling.k8s.io/v1beta1', 'PriorityClass+', '1.14', '1.22', 'scheduling.k8s.io/v1'],
  ['storage.k8s.io/v1alpha1', 'CSIStorageCapacity+', '1.21', '1.24', 'storage.k8s.io/v1beta1'],
  ['storage.k8s.io/v1alpha1', 'VolumeAttachment+', '1.21', '1.24', 'storage.k8s.io/v1'],
  ['storage.k8s.io/v1alpha1', 'VolumeAttributesClass+', '1.32', '1.35', 'storage.k8s.io/v1'],
  ['storage.k8s.io/v1beta1', 'CSIDriver+ StorageClass+ VolumeAttachment+', '1.19', '1.22', 'storage.k8s.io/v1'],
  ['storage.k8s.io/v1beta1', 'CSINode CSINodeList=CSINode', '1.17', '1.22', 'storage.k8s.io/v1'],
  ['storage.k8s.io/v1beta1', 'CSIStorageCapacity+', '1.24', '1.27', 'storage.k8s.io/v1'],
  ['storage.k8s.io/v1beta1', 'VolumeAttributesClass+', '1.34', '1.37', 'storage.k8s.io/v1'],
  ['storagemigration.k8s.io/v1beta1', 'StorageVersionMigration+', '1.38', '1.41', ''],
];

interface Lifecycle {
  readonly deprecated: string;
  readonly removed: string;
  /** The API version and kind to use. */
  readonly replacement: string | undefined;
}

const lifecycles: ReadonlyMap<string, Lifecycle> = new Map(rows.flatMap(lifecyclesOf));

function lifecyclesOf([apiVersion, kinds, deprecated, removed, replacement]: Row): (readonly [string, Lifecycle])[] {
  return kinds.split(' ').flatMap((written) => {
    const [, kind = '', list, other] = /^(\w+)(\+)?(?:=(\w+))?$/.exec(written) ?? [];
    return (list === undefined ? [kind] : [kind, `${kind}List`]).map((name) => {
      const use = replacement === '' ? undefined : `${replacement} ${other ?? name}`;
      return [`${apiVersion} ${name}`, { deprecated, removed, replacement: use }] as const;
    });
  });
}

/**
 * What Kubernetes warns of when an object of a kind is written to a cluster of a version (k8s.io/apiserver,
 * deprecation.WarningMessage); undefined where the kind is not deprecated there, or is none of its own.
 */
export function deprecationOf(apiVersion: string, kind: string, major: number, minor: number): string | undefined {
  const found = lifecycles.get(`${apiVersion} ${kind}`);
  if (found === undefined) return undefined;
  const { deprecated, removed, replacement } = found;
  const [sinceMajor = 0, sinceMinor = 0] = deprecated.split('.').map(Number);
  if (sinceMajor > major || (sinceMajor === major && sinceMinor > minor)) return undefined;
  const use = replacement === undefined ? '' : `; use ${replacement}`;
  return `${apiVersion} ${kind} is deprecated in v${deprecated}+, unavailable in v${removed}+${use}`;
}
