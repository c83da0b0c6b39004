import { checkedLookup, isAllowedHost } from '../artifact/fetch-policy.ts';
import type { RemoteFile, RemoteRepository, RemoteSource } from '../engines/kustomize/remote/remote-source.ts';
import type { RepoSpec } from '../engines/kustomize/remote/repo-spec.ts';
import { fetchTree } from '../git/checkout.ts';
import { checkoutTree } from '../git/checkout-tree.ts';
import type { GitLimits } from '../git/limits.ts';
import { openRemote } from '../git/open.ts';
import type { Remote } from '../git/remote.ts';
import { resolveAny } from '../git/resolve-any.ts';
import { GitSessions } from '../git/sessions.ts';
import { withDeadline } from '../lib/async.ts';
import { errorMessage, isTimeout } from '../lib/errors.ts';
import { redact } from '../lib/redact.ts';
import { SingleFlight } from '../lib/single-flight.ts';
import type { EnvironmentProxy } from '../net/http-agents.ts';
import { type CommitTree, CommitTrees } from './commit-trees.ts';
import { readHttpFile } from './http-file.ts';

const MiB = 1024 * 1024;

/** A repository of bases is fetched into memory, in the controller that builds: less than what a source may have. */
const gitLimits: Partial<GitLimits> = {
  maxPackBytes: 128 * MiB,
  maxObjectBytes: 64 * MiB,
  maxInflatedBytes: 2048 * MiB,
  maxCheckoutBytes: 512 * MiB,
  maxFiles: 200_000,
};
const keptBytes = 128 * MiB;
const fileTimeoutMs = 30_000;
const maxTimeoutMs = 600_000;
/** How many addresses are remembered to be those of repositories. */
const maxRemembered = 10_000;

/**
 * Remote files and repositories of kustomizations over HTTP and HTTPS, for a whole process. A commit is fetched once
 * and kept; a branch or a tag costs one listing. What lies at link-local addresses is not reached.
 */
export class RemoteBases implements RemoteSource {
  readonly #sessions: GitSessions;
  readonly #trees = new CommitTrees(keptBytes);
  readonly #fetches = new SingleFlight<CommitTree>();
  readonly #repositories = new Set<string>();

  /** @param environmentProxy The proxies of the environment. */
  constructor(environmentProxy?: EnvironmentProxy) {
    const addressPolicy = { lookup: checkedLookup, allows: isAllowedHost };
    this.#sessions = new GitSessions({
      addressPolicy,
      ...(environmentProxy === undefined ? {} : { environmentProxy }),
    });
  }

  async file(
    url: string,
    { maxBytes, signal }: { readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<RemoteFile> {
    if (this.#repositories.has(url)) return { repository: true };
    if (!URL.canParse(url)) throw new Error(`'${redact(url)}' is no URL`);
    const { dispatcher, release } = this.#sessions.agents.acquire(undefined, undefined);
    const deadline = withDeadline(signal, fileTimeoutMs);
    try {
      return await readHttpFile(url, { dispatcher, maxBytes, signal: deadline });
    } catch (error) {
      throw ended(error, signal, `Get "${redact(url)}"`, fileTimeoutMs);
    } finally {
      release();
    }
  }

  async repository(spec: RepoSpec, { signal }: { readonly signal: AbortSignal }): Promise<RemoteRepository> {
    assertHttp(spec);
    const timeoutMs = Math.min(spec.timeoutMs, maxTimeoutMs);
    const deadline = withDeadline(signal, timeoutMs);
    try {
      const repository = await this.#read(spec, deadline);
      this.#remember(spec.raw);
      return repository;
    } catch (error) {
      this.#repositories.delete(spec.raw);
      throw ended(error, signal, `git fetch ${redact(spec.cloneUrl)}`, timeoutMs);
    }
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    await this.#sessions.close();
  }

  async #read({ cloneUrl, ref, submodules }: RepoSpec, signal: AbortSignal): Promise<RemoteRepository> {
    const resolved = await this.#withRemote(cloneUrl, signal, (remote) => resolveAny(remote, ref));
    const key = JSON.stringify([cloneUrl, resolved.commit, submodules]);
    const known = this.#trees.get(key);
    if (known !== undefined) return { tree: known, commit: resolved.commit };
    const fetched = await this.#fetches.run(key, signal, (flight) =>
      this.#withRemote(cloneUrl, flight, async (remote) => {
        const checkout = await fetchTree(remote, resolved, { submodules });
        return { tree: checkoutTree(checkout), bytes: checkout.files.reduce((sum, { size }) => sum + size, 0) };
      }),
    );
    this.#trees.add(key, fetched);
    return { tree: fetched.tree, commit: resolved.commit };
  }

  async #withRemote<T>(url: string, signal: AbortSignal, use: (remote: Remote) => Promise<T>): Promise<T> {
    const remote = openRemote({ url, signal, sessions: this.#sessions, limits: gitLimits });
    try {
      return await use(remote);
    } finally {
      await remote.close();
    }
  }

  #remember(url: string): void {
    this.#repositories.add(url);
    const [oldest] = this.#repositories;
    if (this.#repositories.size > maxRemembered && oldest !== undefined) this.#repositories.delete(oldest);
  }
}

function assertHttp({ cloneUrl }: RepoSpec): void {
  if (/^https?:\/\//i.test(cloneUrl)) return;
  const shown = redact(cloneUrl);
  if (cloneUrl.startsWith('file://')) {
    throw new Error(`'${shown}' is a repository of this machine: only https and http are fetched`);
  }
  throw new Error(`'${shown}' would be fetched over SSH, which is not supported yet: use its https address`);
}

/** A deadline that passed is told as one; the caller's own signal goes through. */
function ended(error: unknown, signal: AbortSignal, what: string, timeoutMs: number): unknown {
  if (signal.aborted) return signal.reason;
  if (!isTimeout(error)) return error;
  return new Error(`${what}: hit ${timeoutMs / 1000}s timeout: ${errorMessage(error)}`, { cause: error });
}
