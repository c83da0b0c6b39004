/** The programs of a control plane, and an OCI registry, by the names they have in KUBEBUILDER_ASSETS and in the cache. */
export type ProgramName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kwok'
  | 'registry';

/** How one program is built from the Go module that it comes in. */
export interface Program {
  /** Go package of its main function, or the file beside this one that is its main function. */
  readonly package: string;
  readonly module: string;
  readonly version: string;
}

/** Kubernetes v1.X.Y publishes its staging modules (`k8s.io/api`, ...) as v0.X.Y. */
export const kubernetesVersion = 'v1.36.3';
const etcdVersion = 'v3.6.5';
const kwokVersion = 'v0.8.0';
const registryVersion = 'v3.1.0';

/** The oldest Go that builds all of {@link programs} without fetching another toolchain: the go line of kubernetes' go.mod. */
export const goVersion = '1.26';

const kubernetes = { module: 'k8s.io/kubernetes', version: kubernetesVersion };

export const programs: Readonly<Record<ProgramName, Program>> = {
  etcd: { package: 'go.etcd.io/etcd/server/v3', module: 'go.etcd.io/etcd/server/v3', version: etcdVersion },
  'kube-apiserver': { package: 'k8s.io/kubernetes/cmd/kube-apiserver', ...kubernetes },
  'kube-controller-manager': { package: 'k8s.io/kubernetes/cmd/kube-controller-manager', ...kubernetes },
  'kube-scheduler': { package: 'k8s.io/kubernetes/cmd/kube-scheduler', ...kubernetes },
  kwok: { package: 'sigs.k8s.io/kwok/cmd/kwok', module: 'sigs.k8s.io/kwok', version: kwokVersion },
  registry: {
    package: './registry.go',
    module: 'github.com/distribution/distribution/v3',
    version: registryVersion,
  },
};

const machineKind = `${process.platform}-${process.arch}`;

/** Folder of the cache that holds these versions for this machine's kind: another version never finds stale programs. */
export const cacheFolder = `kubernetes-${kubernetesVersion}_etcd-${etcdVersion}_kwok-${kwokVersion}_${machineKind}`;

/** The folder of one program: a new registry is no reason to build a control plane again. */
export function cacheFolderOf(name: ProgramName): string {
  return name === 'registry' ? `registry-${registryVersion}_${machineKind}` : cacheFolder;
}
