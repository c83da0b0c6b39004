import { createHash } from 'node:crypto';
import type { GitRepository } from '../../../crds/source/git-repository.ts';
import { type Checkout, fetchTree } from '../../../git/checkout.ts';
import { openRemote } from '../../../git/open.ts';
import type { Remote } from '../../../git/remote.ts';
import { type ResolvedRef, resolveRef } from '../../../git/resolve.ts';
import { revisionOf } from '../../../git/revision.ts';
import type { Access } from './access.ts';
import type { GitRepositoryDeps } from './deps.ts';
import { gitFault } from './git-faults.ts';

/** What the object's reference means at this moment. */
export interface Upstream {
  readonly resolved: ResolvedRef;
  /** As artifacts are named by it: `main@sha1:<hex>`. */
  readonly revision: string;
}

/** Asks the server for the reference: one listing. `signal` has the deadline. Throws Fault. */
export async function resolveUpstream(
  object: GitRepository,
  access: Access,
  deps: GitRepositoryDeps,
  options: { readonly observed: boolean; readonly signal: AbortSignal },
): Promise<Upstream> {
  const { signal, observed } = options;
  const { ref } = object.spec;
  try {
    return await withRemote(access, deps, signal, async (remote) => {
      const resolved = await resolveRef(remote, ref, { observed });
      return { resolved, revision: revisionOf(resolved, ref) };
    });
  } catch (error) {
    throw gitFault(error, object, signal);
  }
}

/**
 * Fetches the commit's files into memory. Objects that want the same with the same credentials at the same time share
 * one fetch. `signal` has the deadline. Throws Fault.
 */
export async function fetchUpstream(
  object: GitRepository,
  access: Access,
  { resolved }: Upstream,
  deps: GitRepositoryDeps,
  signal: AbortSignal,
): Promise<Checkout> {
  const { sparseCheckout, recurseSubmodules } = object.spec;
  const options = {
    ...(sparseCheckout === undefined ? {} : { sparse: sparseCheckout }),
    ...(recurseSubmodules === undefined ? {} : { submodules: recurseSubmodules }),
  };
  try {
    return await deps.fetches.run(fetchKey(access, resolved, options), signal, (flightSignal) =>
      withRemote(access, deps, flightSignal, (remote) => fetchTree(remote, resolved, options)),
    );
  } catch (error) {
    throw gitFault(error, object, signal);
  }
}

async function withRemote<T>(
  access: Access,
  { sessions, limits }: GitRepositoryDeps,
  signal: AbortSignal,
  use: (remote: Remote) => Promise<T>,
): Promise<T> {
  const remote = openRemote({ ...access, sessions, signal, ...(limits === undefined ? {} : { limits }) });
  try {
    return await use(remote);
  } finally {
    await remote.close();
  }
}

/** Whoever has another address, other credentials or asks for other files gets a fetch of their own. */
function fetchKey(...parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
