import { createHash } from 'node:crypto';
import type { ObjectKey } from '../../../kube/object.ts';
import { answersTo, type DigestedTree, type Looks } from '../../../lib/traced-tree.ts';
import { keyText } from '../../../runtime/work-queue.ts';

/** What is remembered of a build: little, whatever it built. */
export interface BuildFacts {
  /** Of the built manifests, `sha256:<hex>`. */
  readonly digest: string;
  /** Ids of Jobs that delete themselves when they have finished. */
  readonly jobsWithTtl: ReadonlySet<string>;
}

/** In a thread of its own, or among everything else. */
export type BuildPlace = 'thread' | 'here';

/** What a build is made from. */
export interface BuildOrigin {
  /** The artifact's digest. */
  readonly artifact: string;
  /** The directory in it. */
  readonly dir: string;
  /** Digest of everything that enters the build beside files. */
  readonly inputs: string;
}

interface Remembered extends BuildFacts, BuildOrigin {
  readonly looks: Looks;
  /** Digest of what the tree answered. */
  readonly answers: string;
}

/**
 * The last build of each Kustomization: what it looked at, and what came of it. Builds are functions of their inputs, so
 * that equal inputs need no second build (ADR 15). In memory alone: a new process has to hold every object against the
 * cluster once anyway, and needs the objects for that.
 */
export class BuildMemo {
  readonly #builds = new Map<string, Remembered>();
  readonly #places = new Map<string, BuildPlace>();

  /** Whether the last build was one of this very artifact and directory. */
  isOf(key: ObjectKey, artifact: string, dir: string): boolean {
    const last = this.#builds.get(keyText(key));
    return last?.artifact === artifact && last.dir === dir;
  }

  /**
   * The last build's facts, when it would read exactly the same again. `tree` is the artifact's; it is not asked when
   * the artifact is the same.
   */
  async recall(
    key: ObjectKey,
    { artifact, dir, inputs }: BuildOrigin,
    tree: () => Promise<DigestedTree>,
  ): Promise<BuildFacts | undefined> {
    const last = this.#builds.get(keyText(key));
    if (last === undefined || last.inputs !== inputs) return undefined;
    if (last.artifact === artifact && last.dir === dir) return last;
    if (digestOf(answersTo(last.looks, await tree())) !== last.answers) return undefined;
    this.#builds.set(keyText(key), { ...last, artifact, dir });
    return last;
  }

  /** Whether the files that the last build looked at are others now; also when there was none. */
  hasNews(key: ObjectKey, tree: DigestedTree): boolean {
    const last = this.#builds.get(keyText(key));
    return last === undefined || digestOf(answersTo(last.looks, tree)) !== last.answers;
  }

  remember(
    key: ObjectKey,
    { digest, jobsWithTtl }: BuildFacts,
    { artifact, dir, inputs }: BuildOrigin,
    { looks, tree }: { readonly looks: Looks; readonly tree: DigestedTree },
  ): void {
    const answers = digestOf(answersTo(looks, tree));
    this.#builds.set(keyText(key), { digest, jobsWithTtl, artifact, dir, inputs, looks, answers });
  }

  /** The next one is built in any case. */
  discard(key: ObjectKey): void {
    this.#builds.delete(keyText(key));
  }

  /** Where the Kustomization is built, when that was decided. */
  placeOf(key: ObjectKey): BuildPlace | undefined {
    return this.#places.get(keyText(key));
  }

  place(key: ObjectKey, place: BuildPlace): void {
    this.#places.set(keyText(key), place);
  }

  /** The Kustomization is gone. */
  forget(key: ObjectKey): void {
    this.discard(key);
    this.#places.delete(keyText(key));
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
