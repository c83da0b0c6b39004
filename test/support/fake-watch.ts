import type { ServerResponse } from 'node:http';

/** One open watch of a fake API server: the test may speak on it, break it or let it fall silent. */
export class FakeWatch {
  /** Path and query it was opened with. */
  readonly url: URL;
  /** Whether the store's events are still told. */
  quiet = false;
  readonly #response: ServerResponse;

  constructor(url: URL, response: ServerResponse) {
    this.url = url;
    this.#response = response;
  }

  get ended(): boolean {
    return this.#response.writableEnded || this.#response.destroyed;
  }

  send(type: string, object: object): void {
    if (!this.quiet) this.raw(`${JSON.stringify({ type, object })}\n`);
  }

  bookmark(resourceVersion: number | string, kind: { apiVersion: string; kind: string }, initialEnd = false): void {
    const annotations = initialEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
    this.send('BOOKMARK', { ...kind, metadata: { resourceVersion: String(resourceVersion), ...annotations } });
  }

  /** Bytes as they are: half lines, garbage. */
  raw(text: string | Buffer): void {
    if (!this.ended) this.#response.write(text);
  }

  /** Ends it as a server does whose time is over. */
  end(): void {
    this.#response.end();
  }

  /** Cuts the connection. */
  reset(): void {
    this.#response.socket?.resetAndDestroy();
  }
}
