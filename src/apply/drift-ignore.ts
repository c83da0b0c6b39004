import { RE2JS } from 're2js';
import type { KubeObject, ManagedFieldsEntry } from '../kube/object.ts';
import { errorMessage } from '../lib/errors.ts';
import { isRecord, jsonEqual, parseJson } from '../lib/json.ts';
import { type LabelMatcher, parseLabelSelector } from '../lib/label-selector.ts';
import { isIndex, parsePointer, valueAtPointer, withoutPointer, withPointer } from './json-pointer.ts';
import { refOf } from './object-ref.ts';

/** One item of `spec.ignore`: fields of some objects that are not corrected when they differ. */
export interface IgnoreRule {
  /** JSON pointers. */
  readonly paths: readonly string[];
  /** All objects when absent. Patterns are RE2 and match the whole text; absent ones match anything. */
  readonly target?: {
    readonly group?: string;
    readonly version?: string;
    readonly kind?: string;
    readonly name?: string;
    readonly namespace?: string;
    readonly labelSelector?: string;
    readonly annotationSelector?: string;
  };
}

/** The pointers to ignore of an object, parsed. */
export type IgnoredPaths = (object: KubeObject) => readonly (readonly string[])[];

const refFields = ['group', 'version', 'kind', 'name', 'namespace'] as const;

/** Compiles rules (fluxcd/pkg ssa/jsondiff, CompileIgnoreRules and SelectorRegex). Throws SyntaxError. */
export function compileIgnoreRules(rules: readonly IgnoreRule[]): IgnoredPaths {
  const compiled = rules.map(({ paths, target }) => ({
    matches: compileTarget(target),
    paths: paths.map(parsePointer),
  }));
  return (object) => compiled.flatMap(({ matches, paths }) => (matches(object) ? paths : []));
}

function compileTarget(target: IgnoreRule['target'] = {}): (object: KubeObject) => boolean {
  const patterns = refFields.flatMap((field) => {
    const pattern = target[field];
    return pattern === undefined || pattern === '' ? [] : [{ field, regex: compilePattern(field, pattern) }];
  });
  const labels = compileLabels('label', target.labelSelector);
  const annotations = compileLabels('annotation', target.annotationSelector);
  return (object) => {
    const ref = refOf(object);
    return (
      patterns.every(({ field, regex }) => regex.matcher(ref[field]).matches()) &&
      labels(object.metadata.labels ?? {}) &&
      annotations(object.metadata.annotations ?? {})
    );
  };
}

function compilePattern(field: string, pattern: string): RE2JS {
  try {
    // Anchored here, not by how it is asked, because the message of a bad one shows it so (jsondiff/selector.go).
    return RE2JS.compile(`^(?:${pattern})$`);
  } catch (error) {
    throw new SyntaxError(`failed to create ignore rule selector: invalid ${field} regex: ${errorMessage(error)}`);
  }
}

function compileLabels(what: string, selector = ''): LabelMatcher {
  try {
    return parseLabelSelector(selector);
  } catch (error) {
    throw new SyntaxError(`failed to create ignore rule selector: invalid ${what} selector: ${errorMessage(error)}`);
  }
}

/** The object without the ignored fields: what is compared to tell whether it has drifted. */
export function withoutIgnored(object: KubeObject, paths: readonly (readonly string[])[]): KubeObject {
  return paths.reduce((left, path) => withoutPointer(left, path), object);
}

export interface DriftedObject {
  /** What would be sent. */
  readonly object: KubeObject;
  readonly live: KubeObject;
  /** What the live object would become. */
  readonly result: KubeObject;
  /** Whether an entry of managedFields is ours, or about to become ours. */
  readonly isOurs: (entry: ManagedFieldsEntry) => boolean;
}

/**
 * What is sent, with each ignored field that differs either left to the manager who applies it, or, when nobody else
 * does, at its live value (fluxcd/pkg ssa/manager_apply.go, computeDriftedPaths and applyDriftResult).
 */
export function yieldIgnored(drifted: DriftedObject, paths: readonly (readonly string[])[]): KubeObject {
  const { live, result } = drifted;
  const others = (live.metadata.managedFields ?? []).filter(
    (entry) => entry.operation === 'Apply' && !entry.subresource && !drifted.isOurs(entry),
  );
  const differing = paths.filter((path) => !jsonEqual(valueAtPointer(live, path), valueAtPointer(result, path)));
  const kept = differing.filter((path) => !isApplied(path, live, others));
  const released = differing.filter((path) => !kept.includes(path));
  const sent = released.reduce((left, path) => withoutPointer(left, path), drifted.object);
  return kept.reduce((left, path) => {
    const value = valueAtPointer(live, path);
    return value === undefined ? withoutPointer(left, path) : withPointer(left, path, value);
  }, sent);
}

/** Whether one of the entries has the field, or fields below it. */
function isApplied(path: readonly string[], live: KubeObject, entries: readonly ManagedFieldsEntry[]): boolean {
  return entries.some(({ fieldsV1 }) => {
    let node: unknown = fieldsV1;
    for (const [depth, part] of path.entries()) {
      const key = memberKey(
        node,
        part,
        valueAtPointer(live, path.slice(0, depth)),
        valueAtPointer(live, path.slice(0, depth + 1)),
      );
      if (!isRecord(node) || key === undefined || !Object.hasOwn(node, key)) return false;
      node = node[key];
    }
    return true;
  });
}

/** The key of a field, or of the list item whose key fields are those of the item at that index. */
function memberKey(node: unknown, part: string, holder: unknown, item: unknown): string | undefined {
  if (!Array.isArray(holder) || !isIndex(part)) return `f:${part}`;
  if (!isRecord(node) || !isRecord(item)) return undefined;
  return Object.keys(node).find((key) => key.startsWith('k:') && hasMembers(item, key.slice(2)));
}

function hasMembers(item: Readonly<Record<string, unknown>>, json: string): boolean {
  const members = parseJson(json);
  return isRecord(members) && Object.entries(members).every(([key, value]) => jsonEqual(item[key], value));
}
