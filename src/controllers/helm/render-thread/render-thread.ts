import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { errorMessage } from '../../../lib/errors.ts';
import {
  type JobLimits,
  JobThread,
  JobThreadError,
  type JobThreadOptions,
  threadScript,
} from '../../../runtime/job-thread.ts';
import type { LookupAnswer, LookupQuestion, RenderAnswer, RenderRequest, SentRequest } from './render-request.ts';

/** The stack lets includes and texts within texts go as deep as Helm lets them go. */
const script = { url: threadScript('thread-main', import.meta.url), name: 'render', stackMb: 16 };

export interface RenderLimits extends JobLimits {
  /** Answers `lookup`, under the account that the release is applied with; without it nothing is found. */
  readonly lookup?: (question: LookupQuestion) => Promise<Readonly<Record<string, unknown>> | undefined>;
}

/**
 * A thread that renders charts: whatever their templates do, the process goes on, and what takes too long or too much
 * memory ends the thread and nothing else.
 */
export class RenderThread {
  readonly #thread: JobThread<SentRequest, RenderAnswer>;

  constructor(options: JobThreadOptions = {}) {
    this.#thread = new JobThread(script, options);
  }

  /** Renders, after what came before. Throws the reason of the signal. */
  async render(request: RenderRequest, { lookup, ...limits }: RenderLimits): Promise<RenderAnswer> {
    if (lookup === undefined) return this.#run(request, limits);
    const { port1, port2 } = new MessageChannel();
    const answered = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    port1.on('message', (question: LookupQuestion) => void answer(port1, answered, lookup(question)));
    try {
      return await this.#run({ ...request, questions: port2, answered }, limits, [port2]);
    } finally {
      port1.close();
    }
  }

  async #run(request: SentRequest, limits: JobLimits, transfer: readonly MessagePort[] = []): Promise<RenderAnswer> {
    try {
      return await this.#thread.run(request, limits, transfer);
    } catch (error) {
      if (!(error instanceof JobThreadError)) throw error;
      return { failed: `the chart cannot be rendered: ${error.message}` };
    }
  }

  /** Ends the thread, whatever it does. */
  close(): Promise<void> {
    return this.#thread.close();
  }
}

async function answer(port: MessagePort, answered: Int32Array, looking: Promise<unknown>): Promise<void> {
  const reply = await looking.then(
    (found) => ({ found }) as LookupAnswer,
    (error: unknown): LookupAnswer => ({ failed: errorMessage(error) }),
  );
  port.postMessage(reply);
  Atomics.add(answered, 0, 1);
  Atomics.notify(answered, 0);
}
