import { join } from 'node:path';
import { kubernetesVersion } from './versions.ts';

/** Where the files of one control plane are, and what its programs are told. All paths are absolute. */
export interface ComponentSettings {
  readonly dir: string;
  readonly port: number;
  /** Kubeconfig of the administrator, which the controllers run as. */
  readonly kubeconfig: string;
  readonly auditLog: string | undefined;
  readonly controllers: readonly string[];
  /** Extra arguments of kube-apiserver, after ours, so that they win. */
  readonly apiServerArgs: readonly string[];
}

/** Names of the files in {@link ComponentSettings.dir} that the programs are pointed to. */
export const files = {
  ca: 'ca.crt',
  servingCertificate: 'apiserver.crt',
  servingKey: 'apiserver.key',
  serviceAccountKey: 'service-account.key',
  serviceAccountPublicKey: 'service-account.pub',
  auditPolicy: 'audit-policy.json',
} as const;

/** Of a Unix socket in the working directory: nobody else on the machine can reach etcd, and no port is needed. */
const etcdSocket = 'unix://etcd:0';

const stages = join(import.meta.dirname, 'kwok-stages.yaml');

/** `audit.k8s.io/v1` Policy: who did what to which object, without bodies. */
export const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
};

/** The working directory must be `dir`. Nothing is synced to disk: a control plane of a test is thrown away. */
export function etcdArgs({ dir }: ComponentSettings): string[] {
  return [
    '--name=sluice',
    `--data-dir=${dir}/etcd-data`,
    '--unsafe-no-fsync',
    `--listen-client-urls=${etcdSocket}`,
    `--advertise-client-urls=${etcdSocket}`,
    '--listen-peer-urls=unix://etcd-peer:0',
    '--initial-advertise-peer-urls=http://localhost:1',
    '--initial-cluster=sluice=http://localhost:1',
    '--log-level=warn',
  ];
}

export function apiServerArgs({ dir, port, auditLog, apiServerArgs }: ComponentSettings): string[] {
  return [
    `--etcd-servers=${etcdSocket}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    `--tls-cert-file=${dir}/${files.servingCertificate}`,
    `--tls-private-key-file=${dir}/${files.servingKey}`,
    `--client-ca-file=${dir}/${files.ca}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${dir}/${files.serviceAccountPublicKey}`,
    `--service-account-signing-key-file=${dir}/${files.serviceAccountKey}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--endpoint-reconciler-type=none', // there is no address that Pods could reach it at
    '--allow-privileged',
    // taints of new nodes are taken away by the node lifecycle controller, which does not run
    '--disable-admission-plugins=TaintNodesByCondition',
    ...(auditLog === undefined
      ? []
      : [`--audit-log-path=${auditLog}`, `--audit-policy-file=${dir}/${files.auditPolicy}`]),
    ...apiServerArgs,
  ];
}

export function controllerManagerArgs({ dir, kubeconfig, controllers }: ComponentSettings): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--controllers=${controllers.join(',')}`,
    '--leader-elect=false',
    '--secure-port=0',
    '--kube-api-qps=500',
    '--kube-api-burst=1000',
    `--service-account-private-key-file=${dir}/${files.serviceAccountKey}`,
    `--root-ca-file=${dir}/${files.ca}`,
  ];
}

export function schedulerArgs({ kubeconfig }: ComponentSettings): string[] {
  return [`--kubeconfig=${kubeconfig}`, '--leader-elect=false', '--secure-port=0'];
}

export function kwokArgs({ kubeconfig }: ComponentSettings): string[] {
  return [`--kubeconfig=${kubeconfig}`, '--manage-all-nodes=true', `--config=${stages}`];
}

/** Enough that namespaces, owners, service accounts, Deployments and aggregated roles work; Pods are never started. */
export const basicControllers: readonly string[] = [
  'clusterrole-aggregation-controller',
  'deployment-controller',
  'garbage-collector-controller',
  'namespace-controller',
  'replicaset-controller',
  'serviceaccount-controller',
];

/** What also makes sense once Pods run. */
export const workloadControllers: readonly string[] = [
  ...basicControllers,
  'cronjob-controller',
  'daemonset-controller',
  'disruption-controller',
  'endpointslice-controller',
  'job-controller',
  'pod-garbage-collector-controller',
  'resourcequota-controller',
  'root-ca-certificate-publisher-controller',
  'serviceaccount-token-controller',
  'statefulset-controller',
  'ttl-after-finished-controller',
];

/** A node without a machine, on which KWOK says that Pods run. */
export function fakeNode(name: string): object {
  const resources = { cpu: '32', memory: '256Gi', pods: '500', 'ephemeral-storage': '1Ti' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      annotations: { 'kwok.x-k8s.io/node': 'fake' },
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        type: 'kwok',
      },
    },
    status: { allocatable: resources, capacity: resources, nodeInfo: { kubeletVersion: kubernetesVersion } },
  };
}
