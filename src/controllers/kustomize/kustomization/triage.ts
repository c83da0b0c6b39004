import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import type { ObjectKey } from '../../../kube/object.ts';
import type { DigestedTree } from '../../../lib/traced-tree.ts';
import type { BuildMemo } from './build-memo.ts';
import type { ResolvedSource } from './source.ts';
import { dependencyKeys } from './spec.ts';

export interface TriageOptions {
  readonly builds: Pick<BuildMemo, 'hasNews'>;
  /** The Kustomizations that a source has. */
  usersOf(source: ResolvedSource): readonly Kustomization[];
  lookup(key: Required<ObjectKey>): Kustomization | undefined;
  /** Has one that waits for its turn looked at before the others. */
  hasten(key: Required<ObjectKey>): void;
}

/** Some two milliseconds. */
const lookedAtOnce = 100;

/**
 * When a source has new files, those of its Kustomizations go first that the news concern, and those that they depend
 * on: for the others only the revision moves.
 */
export class Triage {
  readonly #options: TriageOptions;
  /** The digest that was last looked at, by source. */
  readonly #seen = new Map<string, string>();

  constructor(options: TriageOptions) {
    this.#options = options;
  }

  /**
   * The files of a source's artifact are there. Costs microseconds per Kustomization, once per artifact; of very many, a
   * few are looked at in one go, so that nobody else waits for that.
   */
  async opened(source: ResolvedSource, tree: DigestedTree): Promise<void> {
    const { builds, usersOf, hasten } = this.#options;
    const id = `${source.kind}/${source.namespace}/${source.name}`;
    const { digest } = source.artifact;
    if (this.#seen.get(id) === digest) return;
    this.#seen.set(id, digest);
    const users = usersOf(source);
    const changed: Kustomization[] = [];
    for (const [index, user] of users.entries()) {
      if (index % lookedAtOnce === lookedAtOnce - 1) await new Promise<void>((resolve) => setImmediate(resolve));
      if (builds.hasNews(user.metadata, tree)) changed.push(user);
    }
    if (changed.length === users.length) return;
    for (const { metadata } of this.#withDependencies(changed)) hasten(metadata);
  }

  /** Those that are depended on come first. */
  #withDependencies(objects: readonly Kustomization[]): ReadonlySet<Kustomization> {
    const ordered = new Set<Kustomization>();
    const visited = new Set<Kustomization>();
    const visit = (object: Kustomization): void => {
      if (visited.has(object)) return;
      visited.add(object);
      for (const key of dependencyKeys(object)) {
        const dependency = this.#options.lookup(key);
        if (dependency !== undefined) visit(dependency);
      }
      ordered.add(object);
    };
    for (const object of objects) visit(object);
    return ordered;
  }
}
