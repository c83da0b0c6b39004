import type { OpenArtifact } from '../../../artifact/cache.ts';
import type { KubeObject, ObjectKey } from '../../../kube/object.ts';
import { parseJson } from '../../../lib/json.ts';
import { answersTo, type Looks, TracedTree } from '../../../lib/traced-tree.ts';
import type { EntryType, Tree, TreeEntry } from '../../../lib/tree.ts';
import { Fault } from '../../../runtime/fault.ts';
import type { BuildAnswer } from '../build-thread/build-request.ts';
import type { BuildThread } from '../build-thread/build-thread.ts';
import { type Built, buildManifests } from './build.ts';
import type { BuildInputs } from './build-inputs.ts';
import type { BuildMemo } from './build-memo.ts';
import type { RemoteAccess } from './remote-bases.ts';

/** A build, and what it looked at; no looks when they do not tell whether it would give the same again. */
export interface TracedBuild extends Built {
  readonly looks: Looks | undefined;
}

export interface BuildTask {
  readonly key: ObjectKey;
  readonly inputs: BuildInputs;
  readonly artifact: Pick<OpenArtifact, 'tree' | 'dir'>;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

export interface BuildEnvironment {
  readonly builds: BuildMemo;
  readonly thread: Pick<BuildThread, 'build'>;
  readonly remotes: RemoteAccess['source'];
}

/** Building takes about a millisecond per 1.5 KiB of YAML: more than this would be felt by everybody else. */
const maxBytesHere = 32 * 1024;

/** Objects that are decoded in one go. */
const decodedAtOnce = 200;

/**
 * Builds here when it is little, else in a thread; what needs keys or the network is built here, however large. Throws a
 * retryable BuildFailed fault, and the reason of the signal.
 */
export async function tracedBuild(task: BuildTask, env: BuildEnvironment): Promise<TracedBuild> {
  const { key, inputs, artifact } = task;
  const { builds } = env;
  // Keys never go to the thread: what needs them is built here, wherever it was built before it did.
  if (inputs.decryptionKeys !== undefined || builds.placeOf(key) !== 'thread') {
    const bound = inputs.decryptionKeys === undefined && builds.placeOf(key) === undefined ? maxBytesHere : Infinity;
    const traced = new TracedTree(artifact.tree);
    const tree = new BoundedTree(traced, bound);
    try {
      const remotes = { source: env.remotes, signal: task.signal };
      const built = await buildManifests({ ...inputs, tree, remotes });
      if (!tree.isExceeded) return { ...built, looks: built.usedRemotes ? undefined : traced.looks };
    } catch (error) {
      if (!tree.isExceeded) throw error;
    }
    builds.place(key, 'thread');
  }
  return buildInThread(task, env);
}

async function buildInThread(task: BuildTask, env: BuildEnvironment): Promise<TracedBuild> {
  const { key, inputs, artifact, signal, timeoutMs } = task;
  const { dir, spec, variables, strict } = inputs;
  const remotes = env.remotes !== undefined;
  const request = { root: artifact.dir, dir, spec, variables, strict, remotes };
  const answer = await env.thread.build(request, { signal, timeoutMs });
  if ('failed' in answer) throw new Fault('retry', 'BuildFailed', answer.failed);
  if ('elsewhere' in answer) {
    env.builds.place(key, 'here');
    return tracedBuild(task, env);
  }
  assertSameFiles(answer, artifact);
  const objects: KubeObject[] = [];
  for (const [index, text] of answer.objects.entries()) {
    if (index % decodedAtOnce === decodedAtOnce - 1) await new Promise<void>((resolve) => setImmediate(resolve));
    objects.push(parseJson(text) as KubeObject);
  }
  const { digest, warnings, looks } = answer;
  return { objects, digest, warnings, usedRemotes: false, looks };
}

/** The thread reads the disk, where somebody may have changed what the artifact holds. */
function assertSameFiles(
  { looks, answers }: Extract<BuildAnswer, { looks: Looks }>,
  artifact: BuildTask['artifact'],
): void {
  if (answersTo(looks, artifact.tree) === answers) return;
  // Reading a changed file here has the artifact unpacked anew the next time.
  for (const look of looks) if (look.startsWith('r')) artifact.tree.readFile(look.slice(1));
  throw new Fault('retry', 'BuildFailed', 'the files of the unpacked artifact are not those that it holds');
}

/** A tree of which only so much may be read. */
class BoundedTree implements Tree {
  isExceeded = false;
  readonly #tree: Tree;
  readonly #read = new Set<string>();
  #left: number;

  constructor(tree: Tree, bytes: number) {
    this.#tree = tree;
    this.#left = bytes;
  }

  stat(path: string): EntryType | undefined {
    return this.#tree.stat(path);
  }

  list(path: string): readonly TreeEntry[] | undefined {
    return this.#tree.list(path);
  }

  readFile(path: string): Uint8Array | undefined {
    const bytes = this.#tree.readFile(path);
    if (bytes === undefined || this.#read.has(path)) return bytes;
    this.#read.add(path);
    this.#left -= bytes.length;
    if (this.#left >= 0) return bytes;
    this.isExceeded = true;
    throw new Error('too much to be built here');
  }
}
