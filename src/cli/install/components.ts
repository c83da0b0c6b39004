import type { ComponentName, InstallOptions } from './options.ts';

/** A port of a controller's container. */
export interface ContainerPort {
  readonly name: 'http' | 'http-prom' | 'healthz' | 'http-webhook';
  readonly containerPort: number;
  readonly protocol: 'TCP';
}

/** A Service in front of a controller. */
export interface ComponentService {
  readonly name: string;
  readonly targetPort: ContainerPort['name'];
}

/** What tells one controller's Deployment from another's. */
export interface Component {
  readonly name: ComponentName;
  readonly ports: readonly ContainerPort[];
  readonly services: readonly ComponentService[];
  readonly readinessProbe: Readonly<Record<string, unknown>>;
  readonly cpuRequest: string;
  readonly terminationGracePeriodSeconds: number;
  /** Volumes by name, with the directory they are mounted at. All are empty at the start. */
  readonly volumes: Readonly<Record<string, string>>;
  /** An instance must be gone before the next one starts: its storage cannot be shared. */
  readonly recreate?: true;
  /** Arguments beside those that all controllers have. */
  args?(options: InstallOptions): readonly string[];
  /** Arguments that `lockdown` adds: the flags of Flux's guide to multi-tenancy. */
  readonly lockdownArgs: readonly string[];
  /** Writes what users put in Git: as cluster-admin, or with `lockdown` as the users' accounts alone. */
  readonly applies?: true;
  readonly priorityClassName?: string;
}

const metrics: ContainerPort = { containerPort: 8080, name: 'http-prom', protocol: 'TCP' };
const health: ContainerPort = { containerPort: 9440, name: 'healthz', protocol: 'TCP' };
const files: ContainerPort = { containerPort: 9090, name: 'http', protocol: 'TCP' };
const webhooks: ContainerPort = { containerPort: 9292, name: 'http-webhook', protocol: 'TCP' };
const ready = { httpGet: { path: '/readyz', port: 'healthz' } };
const critical = 'system-cluster-critical';
/** No references to other namespaces. */
const ownNamespace = ['--no-cross-namespace-refs=true'];
/** Who names no account acts as the weakest of the namespace. */
const ownAccount = ['--default-service-account=default'];
/** Nor does it get the controller's identity in a cloud. */
const ownCloudAccount = [
  '--feature-gates=ObjectLevelWorkloadIdentity=true',
  '--default-decryption-service-account=default',
  '--default-kubeconfig-service-account=default',
];

/**
 * The controllers, with the names, ports and limits of Flux's own manifests (config/manager of each controller, patched
 * by flux2 manifests/bases), so that Services, scrape configurations and users' patches fit.
 */
export const components: Readonly<Record<ComponentName, Component>> = {
  'source-controller': {
    name: 'source-controller',
    ports: [files, metrics, health],
    services: [{ name: 'source-controller', targetPort: 'http' }],
    // Only the leader serves files: a replica that waits for its turn must get no traffic.
    readinessProbe: { tcpSocket: { port: 'http' } },
    cpuRequest: '50m',
    terminationGracePeriodSeconds: 10,
    volumes: { data: '/data', tmp: '/tmp' },
    recreate: true,
    args: ({ clusterDomain }) => [
      '--storage-path=/data',
      `--storage-adv-addr=source-controller.$(RUNTIME_NAMESPACE).svc.${clusterDomain}.`,
    ],
    lockdownArgs: [],
    priorityClassName: critical,
  },
  'kustomize-controller': {
    name: 'kustomize-controller',
    ports: [metrics, health],
    services: [],
    readinessProbe: ready,
    cpuRequest: '100m',
    terminationGracePeriodSeconds: 60,
    volumes: { temp: '/tmp' },
    lockdownArgs: [...ownNamespace, '--no-remote-bases=true', ...ownAccount, ...ownCloudAccount],
    applies: true,
    priorityClassName: critical,
  },
  'helm-controller': {
    name: 'helm-controller',
    ports: [metrics, health],
    services: [],
    readinessProbe: ready,
    cpuRequest: '100m',
    terminationGracePeriodSeconds: 600,
    volumes: { temp: '/tmp' },
    lockdownArgs: [
      ...ownNamespace,
      ...ownAccount,
      '--feature-gates=ObjectLevelWorkloadIdentity=true',
      '--default-kubeconfig-service-account=default',
    ],
    applies: true,
    priorityClassName: critical,
  },
  'notification-controller': {
    name: 'notification-controller',
    ports: [files, webhooks, metrics, health],
    services: [
      { name: 'notification-controller', targetPort: 'http' },
      { name: 'webhook-receiver', targetPort: 'http-webhook' },
    ],
    readinessProbe: ready,
    cpuRequest: '100m',
    // Flux has 10: what was taken is sent before the end (ADR 29).
    terminationGracePeriodSeconds: 30,
    volumes: { temp: '/tmp' },
    lockdownArgs: ownNamespace,
  },
};

/** The component names in the order in which they are installed. */
export const componentNames = Object.keys(components) as readonly ComponentName[];
