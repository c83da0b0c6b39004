/** A controller that can be installed; also the name of its Deployment and ServiceAccount, as Flux names them. */
export type ComponentName =
  | 'source-controller'
  | 'kustomize-controller'
  | 'helm-controller'
  | 'notification-controller';

/** Where and how to install. Defaults are those of `flux install`, but for the components and the image. */
export interface InstallOptions {
  /** Without a leading `v`. */
  readonly version: string;
  readonly namespace: string;
  readonly components: readonly ComponentName[];
  /** The one image of all controllers, with tag or digest. */
  readonly image: string;
  readonly imagePullSecret?: string;
  /** Whether the controllers look at all namespaces, or only at their own. */
  readonly watchAllNamespaces: boolean;
  /** Whether to install NetworkPolicies that refuse calls from other namespaces. */
  readonly networkPolicy: boolean;
  readonly logLevel: 'debug' | 'info' | 'error';
  readonly clusterDomain: string;
  /** Where events are sent. Default: the notification-controller, if it is among the components. */
  readonly eventsAddr?: string;
  /** Lock tenants in: no rights but those of their own accounts, no references to others, nothing from elsewhere. */
  readonly lockdown: boolean;
  /** Keys of taints that the controllers tolerate. */
  readonly tolerationKeys: readonly string[];
}

/** The components that are installed when none are named. */
export const defaultComponents: readonly ComponentName[] = [
  'source-controller',
  'kustomize-controller',
  'helm-controller',
  'notification-controller',
];

/** The options for a version when the user gives none. */
export function defaultInstallOptions(version: string): InstallOptions {
  return {
    version,
    namespace: 'flux-system',
    components: defaultComponents,
    image: `sluice:v${version}`,
    watchAllNamespaces: true,
    networkPolicy: true,
    logLevel: 'info',
    clusterDomain: 'cluster.local',
    lockdown: false,
    tolerationKeys: [],
  };
}
