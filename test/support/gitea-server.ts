import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isRecord } from '../../src/lib/json.ts';

/** A status of a commit, as it was set. */
export interface GiteaStatus {
  readonly sha: string;
  readonly state: string;
  readonly context: string;
  readonly description: string;
  readonly target_url: string;
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

const states: readonly unknown[] = ['pending', 'success', 'error', 'failure', 'warning'];

/**
 * As much of Gitea as commit statuses need (routers/api/v1/repo/status.go): one repository, one token, and the commits
 * that it is told of. Whatever else it is asked is answered as Gitea does, and noted.
 */
export class GiteaServer implements AsyncDisposable {
  /** Commits that there are; a status of another is refused. */
  readonly commits = new Set<string>();
  /** In the order in which they were set. */
  readonly statuses: GiteaStatus[] = [];
  /** Calls that were refused. */
  readonly refused: string[] = [];
  readonly repository: string;
  readonly #token: string;
  readonly #server: Server;

  private constructor(server: Server, repository: string, token: string) {
    this.#server = server;
    this.repository = repository;
    this.#token = token;
    server.on('request', (request, response) => {
      read(request).then(
        (text) => {
          const { status, body } = this.#answer(request, text);
          if (status >= 400) this.refused.push(`${request.method} ${request.url} ${status}`);
          response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
        },
        () => response.destroy(),
      );
    });
  }

  /** @param repository `owner/name`. */
  static async start(repository: string, token: string): Promise<GiteaServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new GiteaServer(server, repository, token);
  }

  /** The URL of the repository, as a Provider has it. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${this.repository}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer({ method, url = '', headers }: IncomingMessage, text: string): Reply {
    if (headers.authorization !== `token ${this.#token}`) return refusal(401, 'token is required');
    const { pathname, searchParams } = new URL(url, 'http://gitea');
    const [, sha = '', list] =
      new RegExp(`^/api/v1/repos/${this.repository}/(?:statuses|commits)/([^/]+)(/statuses)?$`).exec(pathname) ?? [];
    if (sha === '') return refusal(404, 'not found');
    if (!this.commits.has(sha)) return refusal(404, `commit ${sha} does not exist`);
    if (method === 'GET' && list !== undefined) return this.#list(sha, searchParams);
    if (method !== 'POST' || list !== undefined) return refusal(405, 'method not allowed');
    const body: unknown = JSON.parse(text);
    const { state, context, description, target_url: target = '' } = isRecord(body) ? body : {};
    if (!states.includes(state)) return refusal(422, `invalid state ${String(state)}`);
    if (typeof context !== 'string' || typeof description !== 'string' || typeof target !== 'string')
      return refusal(422, 'invalid status');
    const status = { sha, state: String(state), context, description, target_url: target };
    this.statuses.push(status);
    return { status: 201, body: { id: this.statuses.length, status: state, ...status } };
  }

  #list(sha: string, query: URLSearchParams): Reply {
    const limit = Number(query.get('limit') ?? 30);
    const page = Number(query.get('page') ?? 1);
    if (!(limit >= 1 && limit <= 50 && page >= 1)) return refusal(422, 'invalid page');
    const all = this.statuses.filter((status) => status.sha === sha).toReversed();
    // Gitea calls the state of a status that it lists `status`.
    const shown = all.map(({ state, ...status }) => ({ ...status, status: state }));
    return { status: 200, body: shown.slice((page - 1) * limit, page * limit) };
  }
}

function refusal(status: number, message: string): Reply {
  return { status, body: { message } };
}

async function read(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}
