import type { KubeObject } from '../../kube/object.ts';
import type { Component } from './components.ts';
import type { InstallOptions } from './options.ts';

/** The ServiceAccount, Services and Deployment of a controller. */
export function workload(component: Component, options: InstallOptions): readonly KubeObject[] {
  const { name } = component;
  const { namespace } = options;
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } },
    ...component.services.map(
      (service): KubeObject => ({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: service.name, namespace, labels: { 'control-plane': 'controller' } },
        spec: {
          ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: service.targetPort }],
          selector: { app: name },
          type: 'ClusterIP',
        },
      }),
    ),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace, labels: { 'control-plane': 'controller' } },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: name } },
        ...(component.recreate === true ? { strategy: { type: 'Recreate' } } : {}),
        template: {
          metadata: {
            annotations: { 'prometheus.io/port': '8080', 'prometheus.io/scrape': 'true' },
            labels: { app: name },
          },
          spec: podSpec(component, options),
        },
      },
    },
  ];
}

function podSpec(component: Component, options: InstallOptions): Readonly<Record<string, unknown>> {
  const { name, priorityClassName } = component;
  const { imagePullSecret, tolerationKeys } = options;
  return {
    containers: [container(component, options)],
    ...(imagePullSecret === undefined ? {} : { imagePullSecrets: [{ name: imagePullSecret }] }),
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    ...(priorityClassName === undefined ? {} : { priorityClassName }),
    // Mounted tokens of cloud identities are readable by this group only.
    securityContext: { fsGroup: 1337 },
    serviceAccountName: name,
    terminationGracePeriodSeconds: component.terminationGracePeriodSeconds,
    ...(tolerationKeys.length === 0 ? {} : { tolerations: tolerationKeys.map((key) => ({ key, operator: 'Exists' })) }),
    volumes: Object.keys(component.volumes).map((volume) => ({ emptyDir: {}, name: volume })),
  };
}

function container(component: Component, options: InstallOptions): Readonly<Record<string, unknown>> {
  return {
    args: containerArgs(component, options),
    // The controller is chosen here and not in `args`, so that patches which count on Flux's order of arguments fit.
    command: ['node', '/app/dist/main.js', component.name],
    env: [
      { name: 'RUNTIME_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
      // Of the memory limit; the rest is for buffers, stacks and worker threads.
      { name: 'NODE_OPTIONS', value: '--max-old-space-size-percentage=70' },
    ],
    image: options.image,
    imagePullPolicy: 'IfNotPresent',
    livenessProbe: { httpGet: { path: '/healthz', port: 'healthz' } },
    name: 'manager',
    ports: component.ports,
    readinessProbe: component.readinessProbe,
    resources: {
      limits: { cpu: '1000m', memory: '1Gi' },
      requests: { cpu: component.cpuRequest, memory: '64Mi' },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    volumeMounts: Object.entries(component.volumes).map(([name, mountPath]) => ({ mountPath, name })),
  };
}

/** In Flux's order: patches replace some of them by their index. */
function containerArgs(component: Component, options: InstallOptions): readonly string[] {
  const hasEvents = component.name !== 'notification-controller';
  return [
    ...(hasEvents ? [`--events-addr=${eventsAddr(options)}`] : []),
    `--watch-all-namespaces=${options.watchAllNamespaces}`,
    `--log-level=${options.logLevel}`,
    '--log-encoding=json',
    '--enable-leader-election',
    ...(component.args?.(options) ?? []),
    ...(options.lockdown ? component.lockdownArgs : []),
  ];
}

function eventsAddr({ eventsAddr: given, components, clusterDomain }: InstallOptions): string {
  if (given !== undefined) return given;
  if (!components.includes('notification-controller')) return '';
  return `http://notification-controller.$(RUNTIME_NAMESPACE).svc.${clusterDomain}./`;
}
