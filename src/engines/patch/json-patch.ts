import { isRecord, jsonEqual } from '../../lib/json.ts';

/** One step of an RFC 6902 patch, as it came: members are checked when the step is applied. */
export type JsonPatchOperation = Readonly<Record<string, unknown>>;

/** A patch that is no patch, or that does not apply. */
export class JsonPatchError extends Error {
  override readonly name = 'JsonPatchError';
}

type Container = unknown[] | Record<string, unknown>;

interface Place {
  readonly container: Container;
  readonly key: string;
}

/** A list of objects as a patch; null is an empty one. Throws {@link JsonPatchError}. */
export function readJsonPatch(value: unknown): readonly JsonPatchOperation[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new JsonPatchError('a JSON patch must be a list of operations');
  return value.map((operation) => {
    if (operation === null) return {};
    if (!isRecord(operation)) throw new JsonPatchError('an operation of a JSON patch must be an object');
    return operation;
  });
}

/** The `copy` operations of a patch copy more than anybody could mean. */
export class CopyLimitError extends JsonPatchError {}

/** What the `copy` operations of one patch may copy: each of them can double a document. */
const maxCopiedValues = 200_000;
const maxCopiedText = 16 * 1024 * 1024;

interface CopyBudget {
  values: number;
  text: number;
}

/**
 * Applies a patch to a JSON value and answers the result; `document` itself is not changed. As
 * github.com/evanphx/json-patch v4 does it, which kustomize uses: replacing a member that is not there adds it,
 * negative indices count from the end. Throws {@link JsonPatchError} naming the operation and the path.
 */
export function applyJsonPatch(document: unknown, patch: readonly JsonPatchOperation[]): unknown {
  const budget = { values: maxCopiedValues, text: maxCopiedText };
  let root: unknown = structuredCopy(document);
  for (const operation of patch) root = applyOne(root, operation, budget);
  return root;
}

function applyOne(root: unknown, operation: JsonPatchOperation, budget: CopyBudget): unknown {
  const { op } = operation;
  switch (op) {
    case 'add':
      add(placeOf(root, operation, 'path'), structuredCopy(operation['value'] ?? null), textOf(operation, 'path'));
      return root;
    case 'remove':
      remove(placeOf(root, operation, 'path'), textOf(operation, 'path'));
      return root;
    case 'replace':
      return replace(root, operation);
    case 'move': {
      const from = placeOf(root, operation, 'from');
      const value = get(from, textOf(operation, 'from'));
      remove(from, textOf(operation, 'from'));
      add(placeOf(root, operation, 'path'), value ?? null, textOf(operation, 'path'));
      return root;
    }
    case 'copy': {
      const value = get(placeOf(root, operation, 'from'), textOf(operation, 'from'));
      add(placeOf(root, operation, 'path'), structuredCopy(value ?? null, budget), textOf(operation, 'path'));
      return root;
    }
    case 'test':
      test(root, operation);
      return root;
    default:
      throw new JsonPatchError(`unexpected operation ${JSON.stringify(op ?? null)} in JSON patch`);
  }
}

function textOf(operation: JsonPatchOperation, name: 'path' | 'from'): string {
  const text = operation[name];
  if (typeof text !== 'string') throw new JsonPatchError(`${String(operation['op'])} operation has no ${name}`);
  return text;
}

function replace(root: unknown, operation: JsonPatchOperation): unknown {
  const path = textOf(operation, 'path');
  const value = structuredCopy(operation['value'] ?? null);
  if (path === '') {
    if (typeof value !== 'object') throw new JsonPatchError('replace operation value must be object or array');
    return value;
  }
  const { container, key } = placeOf(root, operation, 'path');
  if (Array.isArray(container)) container[indexOf(key, container.length, path)] = value;
  else setOwn(container, key, value);
  return root;
}

function test(root: unknown, operation: JsonPatchOperation): void {
  const path = textOf(operation, 'path');
  const value = path === '' ? root : get(placeOf(root, operation, 'path'), path);
  if (!jsonEqual(value ?? null, operation['value'] ?? null)) throw new JsonPatchError(`testing value ${path} failed`);
}

function placeOf(root: unknown, operation: JsonPatchOperation, name: 'path' | 'from'): Place {
  const pointer = textOf(operation, name);
  const [, ...parts] = pointer.split('/').map(unescapePart);
  const key = parts.pop();
  let container: unknown = root;
  for (const part of parts) container = child(container, part);
  if (key === undefined || !isContainer(container)) {
    throw new JsonPatchError(
      `${String(operation['op'])} operation does not apply: doc is missing ${name}: "${pointer}"`,
    );
  }
  return { container, key };
}

function child(container: unknown, key: string): unknown {
  if (Array.isArray(container)) return /^[-+]?\d+$/.test(key) ? container.at(Number(key)) : undefined;
  return isRecord(container) && Object.hasOwn(container, key) ? container[key] : undefined;
}

function get({ container, key }: Place, path: string): unknown {
  if (Array.isArray(container)) return container[indexOf(key, container.length, path)];
  return Object.hasOwn(container, key) ? container[key] : undefined;
}

function add({ container, key }: Place, value: unknown, path: string): void {
  if (!Array.isArray(container)) setOwn(container, key, value);
  else if (key === '-') container.push(value);
  else container.splice(indexOf(key, container.length + 1, path), 0, value);
}

function remove({ container, key }: Place, path: string): void {
  if (Array.isArray(container)) container.splice(indexOf(key, container.length, path), 1);
  else if (Object.hasOwn(container, key)) delete container[key];
  else throw new JsonPatchError(`error in remove for path: '${path}': unable to remove nonexistent key: ${key}`);
}

/** The index that a key names in a list of `size` places. */
function indexOf(key: string, size: number, path: string): number {
  const index = /^[-+]?\d+$/.test(key) ? Number(key) : Number.NaN;
  if (Number.isNaN(index)) throw new JsonPatchError(`'${key}' in path '${path}' is no array index`);
  if (index >= size || index < -size) throw new JsonPatchError(`invalid index ${key} in path '${path}'`);
  return index < 0 ? index + size : index;
}

function unescapePart(part: string): string {
  return part.includes('~') ? part.replace(/~[01]/g, (code) => (code === '~1' ? '/' : '~')) : part;
}

function isContainer(value: unknown): value is Container {
  return Array.isArray(value) || isRecord(value);
}

/** Sets an own member also when it is called `__proto__`. */
function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') target[key] = value;
  else Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

function structuredCopy(value: unknown, budget?: CopyBudget): unknown {
  if (budget !== undefined) {
    budget.values -= 1;
    budget.text -= typeof value === 'string' ? value.length : 0;
    if (budget.values < 0 || budget.text < 0) throw new CopyLimitError('copy operations copy too much');
  }
  if (Array.isArray(value)) return value.map((item) => structuredCopy(item, budget));
  if (!isRecord(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) setOwn(copy, key, structuredCopy(member, budget));
  return copy;
}
