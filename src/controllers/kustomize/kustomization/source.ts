import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import type { Artifact } from '../../../crds/meta/artifact.ts';
import type { ObjectKey } from '../../../kube/object.ts';
import { formatDuration } from '../../../lib/duration.ts';
import { Fault } from '../../../runtime/fault.ts';
import { crossNamespace } from './cross-namespace.ts';
import { retryIntervalMs, sourceKey } from './spec.ts';

/** The annotation of an artifact that names the revision it was made from (an OCI artifact's Git commit). */
const ORIGIN_REVISION = 'org.opencontainers.image.revision';

export type SourceKind = Kustomization['spec']['sourceRef']['kind'];

/** What a Kustomization needs to know of its source, whichever kind that is. */
export interface Source {
  readonly kind: SourceKind;
  readonly namespace: string;
  readonly name: string;
  readonly artifact?: Artifact;
}

export interface SourceOptions {
  /** The object as the informer of its kind has it, or read anew (feature gate DirectSourceFetch); undefined when there is none. */
  lookup(
    kind: SourceKind,
    key: Required<ObjectKey>,
    signal: AbortSignal,
  ): Source | undefined | Promise<Source | undefined>;
  readonly noCrossNamespaceRefs: boolean;
  readonly allowExternalArtifact: boolean;
  readonly requeueDependencyMs: number;
}

export interface ResolvedSource extends Source {
  readonly artifact: Artifact;
  /** The revision that the artifact was made from, where its metadata tells. */
  readonly originRevision?: string;
}

/**
 * The source and its current artifact. Throws a stalled fault when the reference is forbidden, a waiting one when the
 * source or its artifact does not exist yet (kustomization_controller.go, getSource).
 */
async function resolveSource(
  object: Kustomization,
  options: SourceOptions,
  signal: AbortSignal,
): Promise<ResolvedSource> {
  const key = sourceKey(object);
  const { kind } = object.spec.sourceRef;
  const shown = `'${kind}/${key.namespace}/${key.name}'`;
  if (options.noCrossNamespaceRefs && key.namespace !== object.metadata.namespace) {
    throw crossNamespace(`${kind}/${key.namespace}/${key.name}`);
  }
  if (kind === 'ExternalArtifact' && !options.allowExternalArtifact) {
    throw new Fault('stalled', 'AccessDenied', `can't access ${shown}, ExternalArtifact feature gate is disabled`);
  }
  const source = await options.lookup(kind, key, signal);
  if (source === undefined) {
    throw new Fault('waiting', 'ArtifactFailed', `${kind}.source.toolkit.fluxcd.io "${key.name}" not found`, {
      retryAfterMs: retryIntervalMs(object),
    });
  }
  if (source.artifact === undefined) {
    throw artifactNotFound('Source artifact not found', options.requeueDependencyMs);
  }
  const originRevision = source.artifact.metadata?.[ORIGIN_REVISION];
  return { ...source, artifact: source.artifact, ...(originRevision === undefined ? {} : { originRevision }) };
}

/**
 * Works with the source as {@link resolveSource} gives it. When its artifact cannot be had and is another by now, as
 * after a source-controller began with empty storage, that one is taken: nothing has failed. `work` must not have
 * touched an object before it throws ArtifactFailed.
 */
export async function withCurrentSource<T>(
  object: Kustomization,
  options: SourceOptions,
  signal: AbortSignal,
  work: (source: ResolvedSource) => Promise<T>,
): Promise<T> {
  let source = await resolveSource(object, options, signal);
  for (;;) {
    try {
      return await work(source);
    } catch (error) {
      if (!(error instanceof Fault) || error.reason !== 'ArtifactFailed') throw error;
      const current = await resolveSource(object, options, signal);
      if (current.artifact.digest === source.artifact.digest) throw error;
      source = current;
    }
  }
}

/** The fault for an artifact that is not there (yet): looked for again after the dependency interval. */
export function artifactNotFound(what: string, requeueDependencyMs: number): Fault {
  return new Fault('waiting', 'ArtifactFailed', `${what}, retrying in ${formatDuration(requeueDependencyMs)}`, {
    retryAfterMs: requeueDependencyMs,
  });
}
