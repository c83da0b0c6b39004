import { createHash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { diskTree } from '../../../artifact/disk-tree.ts';
import type { RemoteSource } from '../../../engines/kustomize/remote/remote-source.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { answersTo, type DigestedTree, TracedTree } from '../../../lib/traced-tree.ts';
import type { Tree } from '../../../lib/tree.ts';
import { buildManifests } from '../kustomization/build.ts';
import type { BuildAnswer, BuildRequest } from './build-request.ts';

/** What runs in the thread: one request, one answer, in order. */
parentPort?.on('message', (request: BuildRequest) => {
  answer(request).then(
    (made) => parentPort?.postMessage(made),
    (error: unknown) => parentPort?.postMessage({ failed: errorMessage(error) } satisfies BuildAnswer),
  );
});

async function answer({ root, remotes, ...input }: BuildRequest): Promise<BuildAnswer> {
  const files = digested(diskTree(root));
  const tree = new TracedTree(files);
  const none = new NoRemotes();
  const access = { source: remotes ? none : undefined, signal: new AbortController().signal };
  try {
    const built = await buildManifests({ ...input, tree, remotes: access, decryptionKeys: undefined });
    if (none.wanted) return { elsewhere: true };
    const { digest, warnings } = built;
    const objects = built.objects.map((one) => JSON.stringify(one));
    return { objects, digest, warnings, looks: tree.looks, answers: answersTo(tree.looks, files) };
  } catch (error) {
    if (none.wanted) return { elsewhere: true };
    throw error;
  }
}

/** Notes that a remote was asked for, and gives none. */
class NoRemotes implements RemoteSource {
  wanted = false;

  file(): Promise<never> {
    return this.#none();
  }

  repository(): Promise<never> {
    return this.#none();
  }

  #none(): Promise<never> {
    this.wanted = true;
    return Promise.reject(new Error('remotes are not reached from here'));
  }
}

/** Knows the digests of those files that were read. */
function digested(tree: Tree): DigestedTree {
  const digests = new Map<string, string>();
  return {
    stat: (path) => tree.stat(path),
    list: (path) => tree.list(path),
    digestOf: (path) => digests.get(path),
    readFile(path) {
      const bytes = tree.readFile(path);
      if (bytes !== undefined) digests.set(path, createHash('sha256').update(bytes).digest('base64'));
      return bytes;
    },
  };
}
