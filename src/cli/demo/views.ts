import { type HelmRelease, helmReleaseKind } from '../../crds/helm/helm-release.ts';
import { type Kustomization, kustomizationKind } from '../../crds/kustomize/kustomization.ts';
import { type GitRepository, gitRepositoryKind } from '../../crds/source/git-repository.ts';
import type { Client } from '../../kube/client.ts';
import type { KubeObject, ResourceType } from '../../kube/object.ts';
import { LiveView } from './live-view.ts';
import type { Narrator } from './narrator.ts';

/** The parts of `apps/v1` Deployment that the demo looks at. */
export type Deployment = KubeObject & {
  readonly spec: {
    readonly replicas?: number;
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
  };
};

/** The parts of `v1` Event that the demo looks at. */
export type ClusterEvent = KubeObject & {
  readonly involvedObject: { readonly kind: string; readonly namespace?: string; readonly name: string };
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count?: number;
};

/** `apps/v1` Deployment. */
export const deploymentType: ResourceType = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
};
const eventType: ResourceType = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };

/** What the demo sees of the cluster: what `kubectl get --watch` would show. */
export interface Views {
  readonly sources: LiveView<GitRepository>;
  readonly kustomizations: LiveView<Kustomization>;
  readonly helmReleases: LiveView<HelmRelease>;
  readonly deployments: LiveView<Deployment>;
  readonly events: LiveView<ClusterEvent>;
}

type Reconciled = GitRepository | Kustomization | HelmRelease;

/** Opens the views, and tells of everything that changes in them for as long as the signal lets it. */
export function openViews(client: Client, narrator: Narrator, signal: AbortSignal): Views {
  const told = new Map<string, string>();
  const tellReady = ({ old, current }: { old?: Reconciled; current?: Reconciled }): void => {
    if (current === undefined) {
      if (old !== undefined) narrator.line(`${subject(old)} is gone`);
      return;
    }
    const state = readyState(current);
    if (state === (old && readyState(old)) || readyCondition(current) === undefined) return;
    told.set(subject(current), readyCondition(current)?.message ?? '');
    narrator.line(`${subject(current)} ${shorten(state)}`, toneOf(current));
  };
  const tellEvent = ({ old, current }: { old?: ClusterEvent; current?: ClusterEvent }): void => {
    if (current === undefined || (old !== undefined && old.count === current.count)) return;
    const { involvedObject, type, message } = current;
    const { kind, name, namespace } = involvedObject;
    const about = subject({ kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } });
    if (!reconciledKinds.has(involvedObject.kind) || told.get(about) === message) return;
    const text = message.trimEnd();
    const separator = text.includes('\n') ? '\n' : ' ';
    narrator.line(`${about}:${separator}${shorten(text)}`, type === 'Warning' ? 'bad' : 'quiet');
  };
  const tellRollout = ({ old, current }: { old?: Deployment; current?: Deployment }): void => {
    if (current === undefined) return;
    if (old !== undefined && image(old) !== image(current)) {
      narrator.line(`${subject(current)} changes its image from ${image(old)} to ${image(current)}`);
    }
    if (isAvailable(current) && (old === undefined || !isAvailable(old))) {
      narrator.line(`${subject(current)} ${deploymentState(current)}`, 'good');
    }
  };
  return {
    sources: new LiveView<GitRepository>(client, gitRepositoryKind, {
      signal,
      describe: readyState,
      onChange: tellReady,
    }),
    kustomizations: new LiveView<Kustomization>(client, kustomizationKind, {
      signal,
      describe: readyState,
      onChange: tellReady,
    }),
    helmReleases: new LiveView<HelmRelease>(client, helmReleaseKind, {
      signal,
      describe: readyState,
      onChange: tellReady,
    }),
    deployments: new LiveView(client, deploymentType, { signal, describe: deploymentState, onChange: tellRollout }),
    events: new LiveView(client, eventType, {
      signal,
      describe: ({ type, reason, message }: ClusterEvent) => `${type} ${reason}: ${message}`,
      onChange: tellEvent,
    }),
  };
}

const reconciledKinds: ReadonlySet<string> = new Set(['GitRepository', 'Kustomization', 'HelmRelease']);

/** The condition Ready, or undefined. */
export function readyCondition(object: Reconciled) {
  return object.status?.conditions?.find(({ type }) => type === 'Ready');
}

/** Whether the object is ready as it is now. */
export function isReady(object: Reconciled): boolean {
  return readyCondition(object)?.status === 'True' && object.status?.observedGeneration === object.metadata.generation;
}

function readyState(object: Reconciled): string {
  const ready = readyCondition(object);
  if (ready === undefined) return 'has no status yet';
  const word = { True: 'is ready', False: 'is not ready', Unknown: 'is at work' }[ready.status];
  return `${word}: ${ready.message.trimEnd()} (${ready.reason})`;
}

function toneOf(object: Reconciled): 'good' | 'bad' | 'plain' {
  const ready = readyCondition(object);
  if (ready?.status === 'True') return 'good';
  return ready?.status === 'False' && ready.reason !== 'DependencyNotReady' ? 'bad' : 'plain';
}

/** Whether all Pods of the Deployment run what it now says. */
export function isAvailable({ metadata, spec, status = {} }: Deployment): boolean {
  const { replicas = 1 } = spec;
  return (
    status.observedGeneration === metadata.generation &&
    status.updatedReplicas === replicas &&
    status.availableReplicas === replicas &&
    status.replicas === replicas
  );
}

/** The image of its first container. */
export function image({ spec }: Deployment): string {
  return spec.template.spec.containers[0]?.image ?? '';
}

function deploymentState(deployment: Deployment): string {
  const { availableReplicas = 0 } = deployment.status ?? {};
  return `has ${availableReplicas} of ${deployment.spec.replicas ?? 1} Pods available, image ${image(deployment)}`;
}

function subject({ kind, metadata }: Pick<KubeObject, 'kind' | 'metadata'>): string {
  const isInSeveral = kind === 'Deployment' || kind === 'HelmRelease';
  return isInSeveral ? `${kind}/${metadata.namespace}/${metadata.name}` : `${kind}/${metadata.name}`;
}

/** Revisions as git shows commits, so that lines stay short. */
function shorten(text: string): string {
  return text.replaceAll(/(sha1:[0-9a-f]{8})[0-9a-f]+/g, '$1');
}
