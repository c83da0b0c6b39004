import { isRecord } from '../../../lib/json.ts';
import { redact } from '../../../lib/redact.ts';
import { emitNode } from '../../../yaml/emit-node.ts';
import { nodeOfJson } from '../../../yaml/json-value.ts';
import { parseYaml } from '../../../yaml/parse.ts';
import { cleanRelative } from '../paths/join.ts';
import { parseRepoSpec } from '../remote/repo-spec.ts';
import { originAnnotation, transformationsAnnotation } from '../resource/annotations.ts';
import type { Resource } from '../resource/resource.ts';

/** Who made or changed an object: the object that configures a transformer, or a builtin one. */
export interface ConfiguredBy {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name?: string;
  readonly namespace?: string;
}

/** Where an object comes from, or what changed it (api/resource/origin.go). Paths are from where the build began. */
export interface Origin {
  readonly path?: string | undefined;
  /** The repository's address, without credentials. */
  readonly repo?: string | undefined;
  readonly ref?: string | undefined;
  readonly configuredIn?: string | undefined;
  readonly configuredBy?: ConfiguredBy;
}

/**
 * The origin of what lies at `path` from there, a repository included. The root of one is called `notCloned`, which is
 * what the original makes of it.
 *
 * Differs from kustomize (ADR 14): an address loses its credentials before it becomes an annotation in the cluster.
 */
export function appendOrigin(origin: Origin, path: string): Origin {
  const spec = parseRepoSpec(path);
  if (spec !== undefined) {
    const dir = spec.directory === '' ? 'notCloned' : cleanRelative(spec.directory);
    return { ...origin, repo: redact(spec.cloneUrl), ref: spec.ref, path: dir };
  }
  return { ...origin, path: joinOrigin(origin.path ?? '', path) };
}

/** The path of a file in the directory of an origin. */
export function joinOrigin(dir: string, path: string): string {
  return dir === '' ? cleanRelative(path) : cleanRelative(`${dir}/${path}`);
}

/** The text of an origin in an annotation. */
export function originText(origin: Origin): string {
  return emitNode(nodeOfJson(present(origin)));
}

/** Parts that are missing or empty are left out; the rest has a fixed order. */
function present({ path = '', repo = '', ref = '', configuredIn = '', configuredBy }: Origin): Record<string, unknown> {
  const by = Object.entries({
    apiVersion: configuredBy?.apiVersion,
    kind: configuredBy?.kind,
    name: configuredBy?.name,
    namespace: configuredBy?.namespace,
  }).filter(([, value]) => value !== undefined && value !== '');
  return {
    ...(path === '' ? {} : { path }),
    ...(repo === '' ? {} : { repo }),
    ...(ref === '' ? {} : { ref }),
    ...(configuredIn === '' ? {} : { configuredIn }),
    ...(by.length === 0 ? {} : { configuredBy: Object.fromEntries(by) }),
  };
}

/** Notes the origin of generated objects that have none yet. */
export function addOrigin(resources: readonly Resource[], origin: Origin | undefined): void {
  if (origin === undefined) return;
  for (const resource of resources) {
    const annotations = resource.annotations();
    if (annotations.has(originAnnotation)) continue;
    resource.setAnnotations(annotations.set(originAnnotation, originText(origin)));
  }
}

/** Notes that a transformer went over the objects; what has no origin yet was made by it. */
export function addTransformation(resources: readonly Resource[], origin: Origin): void {
  for (const resource of resources) {
    const annotations = resource.annotations();
    if (!annotations.has(originAnnotation)) annotations.set(originAnnotation, originText(origin));
    else {
      const before = parseYaml(annotations.get(transformationsAnnotation) ?? '');
      const list = [...(Array.isArray(before) ? before.filter(isRecord).map(asOrigin) : []), origin];
      annotations.set(transformationsAnnotation, emitNode(nodeOfJson(list.map(present))));
    }
    resource.setAnnotations(annotations);
  }
}

function asOrigin(value: Readonly<Record<string, unknown>>): Origin {
  return value as Origin;
}

/** The origin that a transformer's or generator's own configuration gives to what it does. */
export function originOfPlugin(resource: Resource): Origin | undefined {
  const text = resource.annotations().get(originAnnotation);
  if (text === undefined) return undefined;
  const origin = parseYaml(text);
  const { path, repo, ref } = isRecord(origin) ? asOrigin(origin) : {};
  const { apiVersion, kind, name, namespace } = resource;
  return { repo, ref, configuredIn: path, configuredBy: { apiVersion, kind, name, namespace } };
}
