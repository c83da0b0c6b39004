import { GitError } from './errors.ts';
import type { ObjectFormat, ObjectType } from './oid.ts';

/** Objects by name. Contents are shared with the store: they are read, never written to. */
export interface ObjectStore {
  readonly format: ObjectFormat;
  /** The bytes of the packs that it holds in memory. */
  readonly packBytes: number;
  /** The kind of the object; undefined when the store does not have it. */
  typeOf(oid: string): ObjectType | undefined;
  /** The size of its content in bytes; undefined when the store does not have it. */
  sizeOf(oid: string): number | undefined;
  /** The content; undefined when the store does not have it. */
  get(oid: string): Buffer | undefined;
}

/** The content of an object of the given kind. Throws `ObjectNotFound`, or `CorruptData` when it is of another kind. */
export function readObject(store: ObjectStore, oid: string, type: ObjectType): Buffer {
  const content = store.get(oid);
  if (content === undefined) {
    throw new GitError('ObjectNotFound', `${type} ${oid}: object not found`);
  }
  const actual = store.typeOf(oid);
  if (actual !== type) {
    throw new GitError('CorruptData', `object ${oid} is a ${actual}, expected a ${type}`);
  }
  return content;
}

/** Several stores as one; the first that has an object answers. */
export function combineStores(first: ObjectStore, ...others: readonly ObjectStore[]): ObjectStore {
  const stores = [first, ...others];
  const holder = (oid: string) => stores.find((store) => store.typeOf(oid) !== undefined);
  return {
    format: first.format,
    packBytes: stores.reduce((sum, store) => sum + store.packBytes, 0),
    typeOf: (oid) => holder(oid)?.typeOf(oid),
    sizeOf: (oid) => holder(oid)?.sizeOf(oid),
    get: (oid) => holder(oid)?.get(oid),
  };
}
