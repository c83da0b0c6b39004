import type { ObjectKey } from '../../../kube/object.ts';

/**
 * Which Secrets objects were last given credentials from that their specs do not name: the pull secrets of their
 * ServiceAccounts. So they can be woken when one of those changes.
 */
export class UsedSecrets {
  readonly #names = new Map<string, { readonly key: Required<ObjectKey>; readonly names: ReadonlySet<string> }>();

  /** What an object used this time, in its own namespace, instead of before. */
  remember(key: Required<ObjectKey>, names: readonly string[]): void {
    if (names.length === 0) this.forget(key);
    else this.#names.set(id(key), { key, names: new Set(names) });
  }

  /** An object that is gone. */
  forget(key: ObjectKey): void {
    this.#names.delete(id(key));
  }

  /** Who used the Secret. */
  usersOf({ namespace, name }: ObjectKey): readonly Required<ObjectKey>[] {
    return [...this.#names.values()]
      .filter(({ key, names }) => key.namespace === namespace && names.has(name))
      .map(({ key }) => key);
  }
}

function id({ namespace = '', name }: ObjectKey): string {
  return `${namespace}/${name}`;
}
