import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Transform } from 'node:stream';
import { gitEnvironment } from './git.ts';

export interface BackendRequest {
  /** Folder that all repositories are in. */
  readonly root: string;
  /** Path of the repository and the request below `root`, decoded, with a leading slash. */
  readonly path: string;
  readonly query: string;
  /** Who pushes, for reflogs; Git takes any value as "this user may push". */
  readonly user: string;
  /** What the body goes through on its way out. */
  readonly through: Transform | undefined;
}

/** Lets `git http-backend` (git-http-backend(1), a CGI program) answer one request. */
export function runBackend(request: IncomingMessage, response: ServerResponse, options: BackendRequest): void {
  const child = spawn('git', ['http-backend'], {
    env: { ...gitEnvironment(), ...cgiVariables(request, options) },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.on('error', (error) => response.destroy(error));
  response.on('close', () => child.kill('SIGKILL')); // after a whole answer it has ended by itself
  child.stdin.on('error', () => {}); // it has read what it wanted
  request.pipe(child.stdin);

  let head = Buffer.alloc(0);
  child.stdout.on('data', function readHead(chunk: Buffer) {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    child.stdout.off('data', readHead);
    child.stdout.pause();
    writeHead(response, head.subarray(0, end).toString('latin1'));
    child.stdout.unshift(head.subarray(end + 4));
    const body = options.through === undefined ? child.stdout : child.stdout.pipe(options.through);
    body.pipe(response);
    response.on('close', () => options.through?.destroy());
  });
  child.stdout.on('end', () => {
    if (!response.headersSent) response.writeHead(500).end('git http-backend gave no answer\n');
  });
}

/** RFC 3875, section 4.1, and Git's own HTTP_GIT_PROTOCOL. */
function cgiVariables(request: IncomingMessage, options: BackendRequest): Record<string, string> {
  const variables: Record<string, string | undefined> = {
    GIT_PROJECT_ROOT: options.root,
    GIT_HTTP_EXPORT_ALL: '1',
    // the folder may belong to another user than the one who runs git, in containers for instance
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: '*',
    REQUEST_METHOD: request.method,
    PATH_INFO: options.path,
    QUERY_STRING: options.query,
    CONTENT_TYPE: request.headers['content-type'],
    CONTENT_LENGTH: request.headers['content-length'],
    REMOTE_ADDR: request.socket.remoteAddress,
    REMOTE_USER: options.user,
    HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
    HTTP_ACCEPT: request.headers.accept,
    HTTP_GIT_PROTOCOL: request.headers['git-protocol']?.toString(),
    GIT_PROTOCOL: request.headers['git-protocol']?.toString(),
  };
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function writeHead(response: ServerResponse, head: string): void {
  let status = 200;
  for (const line of head.split('\r\n')) {
    const [name = '', value = ''] = line.split(/: ?(.*)/s);
    if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
    else response.appendHeader(name, value);
  }
  response.writeHead(status);
}
