import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { errorMessage } from '../../../lib/errors.ts';
import {
  type JobLimits,
  JobThread,
  JobThreadError,
  type JobThreadOptions,
  threadScript,
} from '../../../runtime/job-thread.ts';
import type {
  Answer,
  ChartDefinitions,
  ChartDescription,
  DefinitionsRequest,
  DescribeRequest,
  LookupQuestion,
  PackedChart,
  Question,
  Refused,
  RenderedRelease,
  RenderRequest,
  SentRequest,
  ThreadAnswer,
} from './render-request.ts';

/** The stack lets includes and texts within texts go as deep as Helm lets them go. */
const script = { url: threadScript('thread-main', import.meta.url), name: 'render', stackMb: 16 };

export interface RenderLimits extends JobLimits {
  /** Answers `lookup`, under the account that the release is applied with; without it nothing is found. */
  readonly lookup?: (question: LookupQuestion) => Promise<Readonly<Record<string, unknown>> | undefined>;
  /** Answers `getHostByName`, where the controller's network may be asked; without it there are no addresses. */
  readonly addresses?: (host: string) => Promise<readonly string[]>;
}

type Request = SentRequest | DescribeRequest | DefinitionsRequest;

/**
 * A thread that renders charts: whatever their templates do, the process goes on, and what takes too long or too much
 * memory ends the thread and nothing else.
 */
export class RenderThread {
  readonly #thread: JobThread<Request, ThreadAnswer>;

  constructor(options: JobThreadOptions = {}) {
    this.#thread = new JobThread(script, options);
  }

  /** Renders, after what came before. Throws the reason of the signal. */
  async render(
    request: RenderRequest,
    { lookup, addresses, ...limits }: RenderLimits,
  ): Promise<RenderedRelease | Refused> {
    if (lookup === undefined && addresses === undefined) return this.#run<RenderedRelease>(request, limits);
    const { port1, port2 } = new MessageChannel();
    const answered = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    port1.on('message', (question: Question) => {
      const asked = 'host' in question ? addresses?.(question.host) : lookup?.(question);
      void answer(port1, answered, asked ?? Promise.resolve(undefined));
    });
    const answers = { lookup: lookup !== undefined, addresses: addresses !== undefined };
    try {
      return await this.#run<RenderedRelease>({ ...request, questions: port2, answered, answers }, limits, [port2]);
    } finally {
      port1.close();
    }
  }

  /** What is known of a chart without rendering it. Throws the reason of the signal. */
  describe(chart: PackedChart, limits: JobLimits): Promise<ChartDescription | Refused> {
    return this.#run({ task: 'describe', chart }, limits);
  }

  /** The definitions of a chart, and of its dependencies that take part with these values (YAML). */
  definitions(chart: PackedChart, values: string, limits: JobLimits): Promise<ChartDefinitions | Refused> {
    return this.#run({ task: 'definitions', chart, values }, limits);
  }

  async #run<A extends ThreadAnswer>(
    request: Request,
    limits: JobLimits,
    transfer: readonly MessagePort[] = [],
  ): Promise<A | Refused> {
    try {
      // A task is answered with its own kind of answer.
      return (await this.#thread.run(request, limits, transfer)) as A | Refused;
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
    (found): Answer<unknown> => ({ found }),
    (error: unknown): Answer<unknown> => ({ failed: errorMessage(error) }),
  );
  port.postMessage(reply);
  Atomics.add(answered, 0, 1);
  Atomics.notify(answered, 0);
}
