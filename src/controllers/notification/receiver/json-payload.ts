import { isRecord } from '../../../lib/json.ts';
import { firstJson } from './first-json.ts';
import { CallRefused } from './webhook-call.ts';

/** The fields that are looked at, and what is in them. */
type Shape = { readonly [field: string]: 'string' | 'strings' | Shape };

type Fields<S extends Shape> = {
  readonly [K in keyof S]: S[K] extends 'string'
    ? string
    : S[K] extends 'strings'
      ? readonly string[]
      : S[K] extends Shape
        ? Fields<S[K]>
        : never;
};

/**
 * The named fields of a JSON object. What is absent or null is empty; what has another type is refused, as Go's decoder
 * refuses it. Throws CallRefused.
 */
export function jsonPayload<const S extends Shape>(body: Uint8Array, shape: S, maker: string): Fields<S> {
  let value: unknown;
  try {
    value = firstJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  } catch {
    throw new CallRefused(`cannot decode ${maker} webhook payload: it is not JSON`);
  }
  return fieldsOf(value, shape, maker, '') as Fields<S>;
}

function fieldsOf(value: unknown, shape: Shape, maker: string, path: string): Readonly<Record<string, unknown>> {
  const object = value ?? {};
  if (!isRecord(object) || Array.isArray(object)) throw wrong(maker, path === '' ? 'it' : path, 'an object');
  return Object.fromEntries(
    Object.entries(shape).map(([field, type]) => [field, fieldOf(object[field], type, maker, path + field)]),
  );
}

function fieldOf(value: unknown, type: Shape[string], maker: string, path: string): unknown {
  if (typeof type === 'object') return fieldsOf(value, type, maker, `${path}.`);
  if (type === 'string') {
    if (typeof (value ?? '') !== 'string') throw wrong(maker, path, 'a string');
    return value ?? '';
  }
  const list: unknown = value ?? [];
  if (!Array.isArray(list) || list.some((item) => typeof item !== 'string'))
    throw wrong(maker, path, 'a list of strings');
  return list;
}

function wrong(maker: string, path: string, expected: string): CallRefused {
  return new CallRefused(`cannot decode ${maker} webhook payload: ${path} is not ${expected}`);
}
