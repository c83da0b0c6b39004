import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';

/** Takes a body as it arrives. What it throws ends the exchange. */
export interface HttpSink {
  start(status: number, headers: IncomingHttpHeaders): void;
  data(chunk: Buffer): void;
}

/** An error of undici or Node, still to be put in our words. */
export class FromOutside {
  readonly cause: unknown;
  constructor(cause: unknown) {
    this.cause = cause;
  }
}

/** One exchange's end of undici's dispatch protocol: bounded in time, abortable in every phase. */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #sink: HttpSink;
  readonly #signal: AbortSignal | undefined;
  readonly #done: (error: unknown) => void;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #over = false;

  constructor(
    sink: HttpSink,
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
    timeout: () => DOMException,
    done: (error: unknown) => void,
  ) {
    this.#sink = sink;
    this.#signal = signal;
    this.#done = done;
    if (signal?.aborted === true) {
      this.fail(signal.reason);
      return;
    }
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (timeoutMs !== undefined) this.#timer = setTimeout(() => this.fail(timeout()), timeoutMs);
  }

  get over(): boolean {
    return this.#over;
  }

  readonly #onAbort = (): void => this.fail(this.#signal?.reason);

  /** Ends the exchange from our side. */
  fail(error: unknown): void {
    if (!this.#end(error)) return;
    this.#controller?.abort(error instanceof Error ? error : new Error('aborted'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#over) controller.abort(new Error('aborted'));
    else this.#controller = controller;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (this.#over || status < 200) return;
    this.#hand(() => this.#sink.start(status, headers));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return;
    this.#hand(() => this.#sink.data(chunk));
  }

  onResponseEnd(): void {
    this.#end(undefined);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#end(new FromOutside(error));
  }

  #hand(give: () => void): void {
    try {
      give();
    } catch (error) {
      this.fail(error);
    }
  }

  #end(error: unknown): boolean {
    if (this.#over) return false;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#done(error);
    return true;
  }
}
