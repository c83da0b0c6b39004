import { BuildError } from '../build-error.ts';
import { mergeGenerated } from './generated.ts';
import { idKey, idText, type ResId } from './res-id.ts';
import type { Resource } from './resource.ts';

/** The ids of a map's objects; holds while nothing but {@link ResMap.appendAll} changes the map and its objects. */
export type TakenIds = Map<string, Resource>;

/** The objects of a build in the order in which they came; no two have the same id (api/resmap/reswrangler.go). */
export class ResMap {
  private list: Resource[] = [];

  get resources(): readonly Resource[] {
    return this.list;
  }

  /** For adding step by step without a look at all objects in each step. */
  takenIds(): TakenIds {
    return new Map(this.list.map((resource) => [idKey(resource.id()), resource]));
  }

  /** Adds objects in order. Throws {@link BuildError} on the first whose id is taken. */
  appendAll(resources: readonly Resource[], taken = this.takenIds()): void {
    for (const resource of resources) {
      const id = resource.id();
      const key = idKey(id);
      const other = taken.get(key);
      if (other !== undefined) {
        const where = other.file === undefined ? '' : ` (first in '${other.file}')`;
        throw new BuildError(`may not add resource with an already registered id: ${idText(id)}${where}`, {
          file: resource.file,
        });
      }
      taken.set(key, resource);
      this.list.push(resource);
    }
  }

  /** Adds generated objects, or merges them into what is there, as each one's behavior says. */
  absorb(resources: readonly Resource[], version: 'v5.8.1' | 'v5.8.2'): void {
    const index = new AnyIdIndex(this.list);
    for (const resource of resources) this.absorbOne(resource, index, version);
  }

  private absorbOne(resource: Resource, index: AnyIdIndex, version: 'v5.8.1' | 'v5.8.2'): void {
    const id = resource.id();
    const matches = index.find(id);
    const { behavior } = resource;
    if (matches.length > 1) {
      throw new BuildError(`found multiple objects that could accept merge of ${idText(id)}: ${idTexts(matches)}`);
    }
    const [old] = matches;
    if (old === undefined) {
      if (behavior === 'merge' || behavior === 'replace') {
        throw new BuildError(`id ${idText(id)} does not exist; cannot merge or replace`);
      }
      this.list.push(resource);
      index.add(resource);
      return;
    }
    if (behavior !== 'merge' && behavior !== 'replace') {
      throw new BuildError(
        `id ${idText(id)} exists; can not use behavior: '${behavior}', behavior must be merge or replace`,
        { field: 'behavior' },
      );
    }
    index.remove(old);
    mergeGenerated(resource, old, behavior, version);
    if (idKey(resource.id()) !== idKey(old.id())) {
      throw new BuildError(
        `cannot find resource with id ${idText(resource.id())} to replace: it is ${idText(old.id())}`,
      );
    }
    this.list[this.list.indexOf(old)] = resource;
    index.add(resource);
  }

  /** The one object that has or had an id. Throws {@link BuildError} when there is none or more than one. */
  byAnyId(id: ResId): Resource {
    const key = idKey(id);
    const matches = this.list.filter(
      (resource) => resource.mayHaveName(id.name) && keysOf(resource).some((one) => one === key),
    );
    const [match] = matches;
    if (match !== undefined && matches.length === 1) return match;
    const count = match === undefined ? 'no matches' : 'multiple matches';
    const text = idText(id);
    throw new BuildError(`${count} for Id ${text}; failed to find unique target for patch ${text}`);
  }

  /** Replaces everything. Throws {@link BuildError} on equal ids. */
  replaceAll(resources: readonly Resource[]): void {
    this.list = [];
    this.appendAll(resources);
  }

  /** Throws {@link BuildError} when transformers have given two objects the same id (the original panics). */
  assertDistinct(): void {
    this.replaceAll(this.list);
  }

  /** Leaves out what has become empty. */
  dropEmpty(): void {
    if (this.list.some((resource) => resource.isEmpty()))
      this.list = this.list.filter((resource) => !resource.isEmpty());
  }

  /** Keeps only some. */
  filter(keep: (resource: Resource) => boolean): void {
    this.list = this.list.filter(keep);
  }
}

/** Finds objects by ids that they have or had. */
class AnyIdIndex {
  private readonly byKey = new Map<string, Set<Resource>>();

  constructor(resources: readonly Resource[]) {
    for (const resource of resources) this.add(resource);
  }

  add(resource: Resource): void {
    for (const key of keysOf(resource)) {
      const known = this.byKey.get(key);
      if (known === undefined) this.byKey.set(key, new Set([resource]));
      else known.add(resource);
    }
  }

  remove(resource: Resource): void {
    for (const key of keysOf(resource)) this.byKey.get(key)?.delete(resource);
  }

  find(id: ResId): readonly Resource[] {
    return [...(this.byKey.get(idKey(id)) ?? [])];
  }
}

/** The present and earlier ids of an object; none of an empty one. */
function keysOf(resource: Resource): string[] {
  return resource.isEmpty() ? [] : [resource.id(), ...resource.previousIds()].map(idKey);
}

function idTexts(resources: readonly Resource[]): string {
  return resources.map((resource) => idText(resource.id())).join(', ');
}
