import {
  type JobLimits,
  JobThread,
  JobThreadError,
  type JobThreadOptions,
  threadScript,
} from '../../../runtime/job-thread.ts';
import type { BuildAnswer, BuildRequest } from './build-request.ts';

const script = { url: threadScript('thread-main', import.meta.url), name: 'build' };

/** A thread for builds that would hold up everybody else. */
export class BuildThread {
  readonly #thread: JobThread<BuildRequest, BuildAnswer>;

  constructor(options: JobThreadOptions = {}) {
    this.#thread = new JobThread(script, options);
  }

  get isRunning(): boolean {
    return this.#thread.isRunning;
  }

  /** Builds, after those that came before. Throws the reason of the signal. */
  async build(request: BuildRequest, limits: JobLimits): Promise<BuildAnswer> {
    try {
      return await this.#thread.run(request, limits);
    } catch (error) {
      if (!(error instanceof JobThreadError)) throw error;
      return { failed: `kustomize build failed: ${error.message}` };
    }
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}
