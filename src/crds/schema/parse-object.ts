import { object, string } from './builders.ts';
import type { Kind, ObjectOf } from './kind.ts';
import { required, type Schema } from './schema.ts';
import { SchemaError, type SchemaIssue, validate, withDefaults } from './validate.ts';

/** What the schema of a CRD leaves to the API server: every object has these. */
const envelope = object('A Kubernetes object.', {
  apiVersion: required(string('Group and version.')),
  kind: required(string('Kind.')),
  metadata: required(
    object('Who it is.', { name: required(string('Name.')), namespace: required(string('Namespace.')) }),
  ),
  spec: required({ type: 'object' } satisfies Schema),
});

/**
 * An object of a kind, from a value of unknown origin: a file, a stored object that an older schema admitted. Defaults
 * are filled in, unknown fields kept. Throws {@link SchemaError} that names each wrong field, what came, and what was
 * expected; the CEL rules of the kind are not looked at.
 */
export function parseObject<K extends Kind>(kind: K, value: unknown): ObjectOf<K> {
  const issues = [...objectIssues(kind, value)];
  if (issues.length > 0) throw new SchemaError(kind.kind, issues);
  return withDefaults(kind.schema, value) as ObjectOf<K>;
}

function* objectIssues(kind: Kind, value: unknown): Generator<SchemaIssue> {
  const outer = [...validate(envelope, value)];
  yield* outer;
  if (outer.length > 0) return;
  const { apiVersion, kind: name } = value as { apiVersion: string; kind: string };
  if (apiVersion !== kind.apiVersion)
    yield { path: 'apiVersion', got: JSON.stringify(apiVersion), expected: JSON.stringify(kind.apiVersion) };
  if (name !== kind.kind) yield { path: 'kind', got: JSON.stringify(name), expected: JSON.stringify(kind.kind) };
  yield* validate(kind.schema, value);
}
