import { Agent, type Dispatcher } from 'undici';

/** Any object as the API server gives it; tests look into it with assertions, not with types. */
export interface ApiObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

export interface ApiClientOptions {
  readonly server: string;
  readonly ca: string;
  readonly credentials: { readonly certificate: string; readonly key: string } | { readonly token: string };
}

export interface RequestOptions {
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

/** The API server refused a request. */
export class ApiFailure extends Error {
  override name = 'ApiFailure';
  readonly status: number;
  /** `reason` of the returned Status, when there is one. */
  readonly reason: string;

  constructor(call: string, status: number, body: string) {
    const { reason, message } = parseStatus(body);
    super(`${call}: ${status} ${message}`);
    this.status = status;
    this.reason = reason;
  }
}

function parseStatus(body: string): { reason: string; message: string } {
  try {
    const { reason, message } = JSON.parse(body) as { reason?: unknown; message?: unknown };
    return { reason: String(reason ?? ''), message: String(message ?? body) };
  } catch {
    return { reason: '', message: body.slice(0, 500) };
  }
}

const defaultDeadlineMs = 30_000;

/**
 * Speaks to the API server in plain requests. Deliberately not the project's own client: tests must not see the server
 * through the code they test.
 */
export class ApiClient {
  readonly server: string;
  readonly #agent: Dispatcher;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ server, ca, credentials }: ApiClientOptions) {
    this.server = server;
    const token = 'token' in credentials ? credentials.token : undefined;
    const pair = 'token' in credentials ? {} : { cert: credentials.certificate, key: credentials.key };
    this.#headers = {
      accept: 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    this.#agent = new Agent({ connect: { ca, ...pair }, headersTimeout: 0, bodyTimeout: 0 });
  }

  /** The answer whatever its status. Rejects only when there is none. */
  async send(method: string, path: string, options: RequestOptions = {}): Promise<{ status: number; text: string }> {
    const { statusCode, body } = await this.#request(method, path, options);
    return { status: statusCode, text: await body.text() };
  }

  /** The parsed answer. @throws {ApiFailure} unless the status is 2xx. */
  async call<T = ApiObject>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const { status, text } = await this.send(method, path, options);
    if (status < 200 || status > 299) throw new ApiFailure(`${method} ${path}`, status, text);
    return JSON.parse(text) as T;
  }

  /**
   * Lines of a long answer, parsed: the events of a watch. Ends when the server ends it or when `signal` is aborted
   * (which throws).
   */
  async *stream<T>(path: string, options: RequestOptions & { readonly signal: AbortSignal }): AsyncGenerator<T> {
    const { statusCode, body } = await this.#request('GET', path, options);
    if (statusCode !== 200) throw new ApiFailure(`GET ${path}`, statusCode, await body.text());
    let rest = '';
    for await (const chunk of body.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield JSON.parse(line) as T;
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #request(method: string, path: string, options: RequestOptions): Promise<Dispatcher.ResponseData> {
    const { query = {}, body, contentType = 'application/json', signal } = options;
    const url = new URL(path, this.server);
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, String(value));
    return this.#agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: method as Dispatcher.HttpMethod,
      headers: { ...this.#headers, ...(body === undefined ? {} : { 'content-type': contentType }) },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
      signal: signal ?? AbortSignal.timeout(defaultDeadlineMs),
    });
  }
}
