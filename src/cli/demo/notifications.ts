import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { freePort } from './free-port.ts';
import type { WaitOptions } from './live-view.ts';
import { type Narrator, seconds } from './narrator.ts';

/** What the notification-controller sends to a Provider of type `generic`, as far as the demo looks at it. */
export interface Notification {
  readonly involvedObject: { readonly kind: string; readonly namespace?: string; readonly name: string };
  readonly severity: 'info' | 'error';
  readonly reason: string;
  readonly message: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The place that notifications are sent to: where a chat would be. Each that arrives is printed. */
export class Notifications implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;
  readonly #received: Notification[] = [];
  readonly #waiters = new Set<() => void>();

  private constructor(server: Server, url: string, narrator: Narrator) {
    this.#server = server;
    this.url = url;
    server.on('request', (request, response) => {
      this.#take(request, narrator).then(
        () => response.writeHead(200).end(),
        () => response.writeHead(400).end(),
      );
    });
  }

  static async listen(narrator: Narrator): Promise<Notifications> {
    const server = createServer();
    const port = await freePort();
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.unref();
    return new Notifications(server, `http://127.0.0.1:${port}/`, narrator);
  }

  /** The first notification that `test` takes, which may have come before. Throws after the deadline. */
  async until(
    what: string,
    test: (notification: Notification) => boolean,
    options: WaitOptions,
  ): Promise<Notification> {
    const { signal, deadlineMs } = options;
    const { promise, resolve, reject } = Promise.withResolvers<Notification>();
    const look = (): void => {
      const found = this.#received.find(test);
      if (found !== undefined) resolve(found);
    };
    const onAbort = (): void => reject(signal.reason);
    const late = new Error(`waited ${seconds(deadlineMs)} for a notification about ${what}`);
    const timer = setTimeout(() => reject(late), deadlineMs);
    this.#waiters.add(look);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      if (signal.aborted) onAbort();
      look();
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(look);
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #take(request: IncomingMessage, narrator: Narrator): Promise<void> {
    const notification = JSON.parse(await text(request)) as Notification;
    const { involvedObject: about, severity, message } = notification;
    this.#received.push(notification);
    const [first = ''] = message.trimEnd().split('\n');
    narrator.line(`notified: ${about.kind}/${about.name}: ${first}`, severity === 'error' ? 'bad' : 'quiet');
    for (const look of this.#waiters) look();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
