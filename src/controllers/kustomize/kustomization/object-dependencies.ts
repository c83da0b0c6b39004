import { evaluateReadyExpr } from '../../../appliers/ready-expr.ts';
import { status } from '../../../apply/kstatus.ts';
import { apiVersionOf, keyOf, type ObjectRef, splitApiVersion, subjectOf } from '../../../apply/object-ref.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import type { Client } from '../../../kube/client.ts';
import { isNoMatch, isNotFound } from '../../../kube/errors.ts';
import type { KubeObject } from '../../../kube/object.ts';
import { withDeadline } from '../../../lib/async.ts';
import { errorMessage, isAbort } from '../../../lib/errors.ts';
import { isRecord } from '../../../lib/json.ts';
import { Fault } from '../../../runtime/fault.ts';
import { parseYaml } from '../../../yaml/parse.ts';
import { crossNamespace } from './cross-namespace.ts';
import { DEPENDS_ON, invalidAnnotation } from './extensions.ts';

/** An object of any kind that must be ready first: an item of the annotation {@link DEPENDS_ON}. */
export interface ObjectDependency {
  readonly ref: ObjectRef;
  readonly readyExpr?: string;
}

const maxDependencies = 50;
const requestMs = 30_000;
const fields: readonly string[] = ['apiVersion', 'kind', 'name', 'namespace', 'readyExpr'];

/**
 * The objects that the annotation lists. One without a namespace is looked for in that of the Kustomization, or in none
 * when its kind has none. Throws a stalled InvalidAnnotation fault when the list cannot be read.
 */
export function objectDependencies({ metadata }: Kustomization): readonly ObjectDependency[] {
  const text = metadata.annotations?.[DEPENDS_ON];
  if (text === undefined || text.trim() === '') return [];
  const list = parsed(text);
  if (!Array.isArray(list)) throw invalidAnnotation(DEPENDS_ON, 'expected a list of objects');
  if (list.length > maxDependencies) {
    throw invalidAnnotation(DEPENDS_ON, `${list.length} objects, at most ${maxDependencies} are looked at`);
  }
  return list.map((item: unknown, index) => dependencyFrom(item, index, metadata.namespace));
}

function parsed(text: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    throw invalidAnnotation(DEPENDS_ON, errorMessage(error), error);
  }
}

function dependencyFrom(item: unknown, index: number, ownNamespace: string): ObjectDependency {
  if (!isRecord(item)) throw invalidAnnotation(DEPENDS_ON, `item ${index} is not an object`);
  const unknown = Object.keys(item).find((field) => !fields.includes(field));
  if (unknown !== undefined) {
    throw invalidAnnotation(DEPENDS_ON, `item ${index} has the field '${unknown}': expected ${fields.join(', ')}`);
  }
  const text = (field: string, fallback?: string): string => {
    const value = item[field] ?? fallback;
    if (typeof value === 'string' && (value !== '' || fallback !== undefined)) return value;
    throw invalidAnnotation(DEPENDS_ON, `item ${index} needs ${field}, as text`);
  };
  const { group, version } = splitApiVersion(text('apiVersion'));
  const ref = { group, version, kind: text('kind'), name: text('name'), namespace: text('namespace', ownNamespace) };
  const readyExpr = text('readyExpr', '');
  return readyExpr === '' ? { ref } : { ref, readyExpr };
}

export interface ObjectDependencyOptions {
  /** Acts as the account that the Kustomization's objects are written as: it sees no more than that may. */
  readonly client: Client;
  readonly noCrossNamespaceRefs: boolean;
  /** The built-in check holds beside a readyExpr. */
  readonly additiveCel: boolean;
  readonly signal: AbortSignal;
}

/**
 * Why the first dependency that is not ready is not; undefined when all are. Ready is what kstatus calls Current, or
 * what `readyExpr` says. Throws a stalled fault for one in a namespace that must not be looked into, and for an
 * expression that is wrong.
 */
export async function whyObjectsNotReady(
  object: Kustomization,
  dependencies: readonly ObjectDependency[],
  options: ObjectDependencyOptions,
): Promise<string | undefined> {
  for (const dependency of dependencies) {
    const reason = await whyNotReady(object, dependency, options);
    if (reason !== undefined) {
      const { ref } = dependency;
      return `dependency '${apiVersionOf(ref)}/${subjectOf(ref)}' ${reason}`;
    }
  }
  return undefined;
}

async function whyNotReady(
  object: Kustomization,
  { ref, readyExpr }: ObjectDependency,
  options: ObjectDependencyOptions,
): Promise<string | undefined> {
  const found = await read(object, ref, options);
  if (typeof found === 'string') return found;
  if (readyExpr !== undefined) {
    if (!evaluateReadyExpr(readyExpr, object, found)) return 'is not ready according to readyExpr eval';
    if (!options.additiveCel) return undefined;
  }
  const { status: state, message } = status(found);
  return state === 'Current' ? undefined : `is not ready: ${state}${message === '' ? '' : `: ${message}`}`;
}

/** The object, or why it cannot be looked at. */
async function read(
  { metadata }: Kustomization,
  ref: ObjectRef,
  { client, noCrossNamespaceRefs, signal }: ObjectDependencyOptions,
): Promise<KubeObject | string> {
  try {
    const type = await client.discovery.resourceFor(ref, { signal: withDeadline(signal, requestMs) });
    if (type.namespaced && noCrossNamespaceRefs && ref.namespace !== metadata.namespace) {
      throw crossNamespace(subjectOf(ref));
    }
    const key = type.namespaced ? keyOf(ref) : { name: ref.name };
    return await client.get(type, key, { signal: withDeadline(signal, requestMs) });
  } catch (error) {
    if (isAbort(error)) throw error;
    if (isNotFound(error) || isNoMatch(error)) return `not found: ${errorMessage(error)}`;
    if (error instanceof Fault) throw error;
    return `cannot be read: ${errorMessage(error)}`;
  }
}
