import { errorMessage } from '../../../lib/errors.ts';
import { BuildError, RemoteMissing } from '../build-error.ts';
import type { RemoteAnswers, RemoteFile, RemoteRepository, RemoteSource } from './remote-source.ts';
import type { RepoSpec } from './repo-spec.ts';

/** Bounds on what one build fetches. Sizes are in bytes. */
export interface RemoteLimits {
  /** Files and repositories together. */
  readonly maxRemotes: number;
  /** One file. */
  readonly maxFileBytes: number;
  /** All files together; repositories are bounded by the source. */
  readonly maxTotalBytes: number;
}

/** Generous for any kustomization, small enough that none takes the process down. */
export const defaultRemoteLimits: RemoteLimits = {
  maxRemotes: 100,
  maxFileBytes: 32 * 1024 * 1024,
  maxTotalBytes: 128 * 1024 * 1024,
};

/** A remote that entered a build, and what it was: a commit, or the bytes of a file. */
export interface UsedRemote {
  /** Without the directory in a repository; may hold credentials. */
  readonly url: string;
  readonly content: { readonly commit: string } | { readonly bytes: Uint8Array };
}

type Answer =
  | { readonly file: RemoteFile; readonly url: string }
  | { readonly repository: RemoteRepository; readonly url: string }
  | { readonly failed: string };

type Fetch = (source: RemoteSource, signal: AbortSignal) => Promise<Answer>;

/** Refuses every remote, with a reason. */
export function refusingRemotes(reason: string): RemoteAnswers {
  const refuse = (): never => {
    throw new RemoteMissing(reason);
  };
  return { file: refuse, repository: refuse };
}

/** What was fetched for a build so far. A build that misses something fails, and the miss is noted for fetching. */
export class FetchedRemotes implements RemoteAnswers {
  readonly #limits: RemoteLimits;
  readonly #answers = new Map<string, Answer>();
  readonly #missing = new Map<string, Fetch>();
  #bytes = 0;

  constructor(limits: RemoteLimits = defaultRemoteLimits) {
    this.#limits = limits;
  }

  file(url: string): RemoteFile {
    const answer = this.#answerTo(`file ${url}`, async (source, signal) => {
      const file = await source.file(url, { maxBytes: this.#limits.maxFileBytes, signal });
      return this.#counted(file, url);
    });
    return (answer as { readonly file: RemoteFile }).file;
  }

  repository(spec: RepoSpec): RemoteRepository {
    const { cloneUrl, ref, submodules } = spec;
    const answer = this.#answerTo(
      `repository ${JSON.stringify([cloneUrl, ref, submodules])}`,
      async (source, signal) => ({
        repository: await source.repository(spec, { signal }),
        url: cloneUrl,
      }),
    );
    return (answer as { readonly repository: RemoteRepository }).repository;
  }

  /** All that entered the build. */
  used(): readonly UsedRemote[] {
    return [...this.#answers.values()].flatMap((answer): UsedRemote[] => {
      if ('repository' in answer) return [{ url: answer.url, content: { commit: answer.repository.commit } }];
      return 'file' in answer && 'bytes' in answer.file ? [{ url: answer.url, content: answer.file }] : [];
    });
  }

  /**
   * Fetches what the last build missed; whether there was something. A failure becomes the answer, for the next build to
   * tell with its place. Throws the reason of the signal when that is aborted, and BuildError beyond the limits.
   */
  async fetchMissing(source: RemoteSource, signal: AbortSignal): Promise<boolean> {
    const missing = [...this.#missing];
    this.#missing.clear();
    if (this.#answers.size + missing.length > this.#limits.maxRemotes) {
      throw new BuildError(`the build needs more than ${this.#limits.maxRemotes} remote files and repositories`);
    }
    await Promise.all(
      missing.map(async ([key, fetch]) => {
        const answer = await fetch(source, signal).catch((error: unknown): Answer => ({ failed: errorMessage(error) }));
        this.#answers.set(key, answer);
      }),
    );
    signal.throwIfAborted();
    return missing.length > 0;
  }

  #answerTo(key: string, fetch: Fetch): Answer {
    const answer = this.#answers.get(key);
    if (answer === undefined) {
      this.#missing.set(key, fetch);
      throw new RemoteMissing('not fetched yet');
    }
    if ('failed' in answer) throw new BuildError(answer.failed);
    return answer;
  }

  #counted(file: RemoteFile, url: string): Answer {
    if ('bytes' in file) this.#bytes += file.bytes.byteLength;
    const { maxTotalBytes } = this.#limits;
    if (this.#bytes <= maxTotalBytes) return { file, url };
    return { failed: `the remote files of the build have more than ${maxTotalBytes} bytes together` };
  }
}
