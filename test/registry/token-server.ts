import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** Who may have tokens, and by what. */
export interface TokenUsers {
  /** Passwords by user name. */
  readonly passwords?: Readonly<Record<string, string>>;
  /** Refresh tokens; each gets what a user gets. */
  readonly refreshTokens?: readonly string[];
  /** Whether nobody in particular gets tokens too. */
  readonly anonymous?: boolean;
}

/** One token that was asked for. */
export interface TokenCall {
  readonly method: string;
  readonly scope: string;
  readonly authorization: string | undefined;
  readonly status: number;
}

export const tokenService = 'registry.test';
export const tokenIssuer = 'token.test';

/** A token server (distribution spec/auth/token.md and oauth.md), whose key a registry is told to trust. */
export class TokenServer {
  readonly calls: TokenCall[] = [];
  /** `http://localhost:PORT/token`: a name, as registries may send nobody to private addresses. */
  readonly realm: string;
  /** What a registry reads as its `jwks`. */
  readonly jwks: string;
  /** How long tokens live, in seconds. */
  lifetimeSeconds = 300;
  readonly #users: TokenUsers;
  readonly #server: Server;
  readonly #key: KeyObject;
  readonly #keyId: string;

  private constructor(server: Server, users: TokenUsers) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = publicKey.export({ format: 'jwk' });
    this.#keyId = createHash('sha256').update(JSON.stringify(jwk)).digest('hex').slice(0, 16);
    this.#key = privateKey;
    this.jwks = JSON.stringify({ keys: [{ ...jwk, kid: this.#keyId, alg: 'ES256', use: 'sig' }] });
    this.realm = `http://localhost:${(server.address() as AddressInfo).port}/token`;
    this.#users = users;
    this.#server = server;
    server.on('request', (request, response) => void this.#answer(request, response));
  }

  static async start(users: TokenUsers): Promise<TokenServer> {
    const server = createServer();
    server.listen(0, 'localhost');
    await once(server, 'listening');
    return new TokenServer(server, users);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(request.method === 'POST' ? await text(request) : '');
    const query = new URL(request.url ?? '/', this.realm).searchParams;
    const scope = form.get('scope') ?? query.getAll('scope').join(' ');
    const { authorization } = request.headers;
    const admitted =
      request.method === 'POST'
        ? (this.#users.refreshTokens ?? []).includes(form.get('refresh_token') ?? '')
        : this.#admits(authorization);
    const status = admitted ? 200 : 401;
    this.calls.push({ method: request.method ?? '', scope, authorization, status });
    response.writeHead(status, { 'content-type': 'application/json' });
    if (admitted) response.end(JSON.stringify({ token: this.#token(scope), expires_in: this.lifetimeSeconds }));
    else
      response.end(JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'incorrect username or password' }] }));
  }

  #admits(authorization: string | undefined): boolean {
    if (authorization === undefined) return this.#users.anonymous === true;
    const { passwords = {} } = this.#users;
    return Object.entries(passwords).some(
      ([user, password]) => authorization === `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
    );
  }

  #token(scope: string): string {
    const now = Math.floor(Date.now() / 1000);
    const access = scope.split(' ').flatMap((part) => {
      const [type, name, actions = ''] = part.split(':');
      return type === 'repository' ? [{ type, name, actions: actions.split(',') }] : [];
    });
    const claims = {
      iss: tokenIssuer,
      aud: tokenService,
      sub: 'test',
      nbf: now - 60,
      iat: now,
      exp: now + 3600,
      jti: randomUUID(),
      access,
    };
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${encode({ alg: 'ES256', typ: 'JWT', kid: this.#keyId })}.${encode(claims)}`;
    const signature = sign('sha256', Buffer.from(signed), { key: this.#key, dsaEncoding: 'ieee-p1363' });
    return `${signed}.${signature.toString('base64url')}`;
  }
}
