import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type IncomingHttpHeaders, request } from 'node:http';
import { exportJWK, SignJWT } from 'jose';
import { Registry } from 'prom-client';
import type { AuthHttp, HttpReply } from '../../src/auth/http.ts';
import { createHttpMetrics } from '../../src/controllers/notification/http/http-metrics.ts';
import { BodyBudget } from '../../src/controllers/notification/http/read-body.ts';
import { handleCall } from '../../src/controllers/notification/receiver/handle-call.ts';
import { TokenIssuers } from '../../src/controllers/notification/receiver/oidc/token-issuers.ts';
import { type ServerLimits, webhookServer } from '../../src/controllers/notification/receiver/receiver-server.ts';
import type { WakeDeps } from '../../src/controllers/notification/receiver/wake.ts';
import type { Receiver } from '../../src/crds/notification/receiver.ts';
import type { KubeObject } from '../../src/kube/object.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { listenAt, type RunningServer } from '../../src/runtime/http-server.ts';
import { type Logger, silentLogger } from '../../src/runtime/logging.ts';
import { FakeServer, resource } from './fake-client.ts';

/** The token in the Secret of each Receiver of {@link WebhookWorld}. */
export const TOKEN = 's3cret-token';

/** What a test's caller sends. */
export interface TestCall {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** A Receiver that is Ready, for the GitRepository `repo` unless the spec says otherwise. */
export function receiver(spec: Partial<Receiver['spec']> & Pick<Receiver['spec'], 'type'>): Receiver & KubeObject {
  const secretRef = spec.type === 'generic-oidc' ? {} : { secretRef: { name: 'token' } };
  return {
    apiVersion: 'notification.toolkit.fluxcd.io/v1',
    kind: 'Receiver',
    metadata: { name: 'hook', namespace: 'apps', generation: 1, resourceVersion: '1' },
    spec: { interval: '10m', resources: [{ kind: 'GitRepository', name: 'repo' }], ...secretRef, ...spec },
    status: {
      webhookPath: '/hook/path',
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'Succeeded',
          message: '',
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
    },
  };
}

/** A webhook server with one Receiver, whose API server is in memory. */
export class WebhookWorld {
  readonly api = new FakeServer();
  readonly metrics: Registry;
  readonly issuer = new TestIssuer();
  /** The Receiver that is called. */
  receiver: Receiver & KubeObject;
  /** Others that there are, older than that. */
  others: readonly (Receiver & KubeObject)[] = [];
  readonly #server: RunningServer;

  private constructor(of: Receiver & KubeObject, server: RunningServer, metrics: Registry) {
    this.receiver = of;
    this.metrics = metrics;
    this.#server = server;
  }

  static async start(
    of: Receiver & KubeObject,
    options: Partial<Pick<WakeDeps, 'noCrossNamespaceRefs'>> & {
      readonly log?: Logger;
      readonly bodyBytes?: number;
      readonly limits?: ServerLimits;
    } = {},
  ): Promise<WebhookWorld> {
    const { promise, resolve } = Promise.withResolvers<WebhookWorld>();
    const issuers = Promise.withResolvers<TokenIssuers>();
    const bodies = new BodyBudget(options.bodyBytes ?? 32 << 20);
    const metrics = new Registry();
    const server = webhookServer(
      async (call) => {
        const world = await promise;
        const calls = {
          client: world.api.client(),
          clock: systemClock,
          noCrossNamespaceRefs: options.noCrossNamespaceRefs ?? false,
          receiversAt: (path: string) => world.receivers.filter(({ status }) => path === status?.webhookPath),
          issuers: await issuers.promise,
          bodies,
          log: options.log ?? silentLogger,
        };
        return handleCall(call, calls, new AbortController().signal);
      },
      createHttpMetrics(metrics, 'gotk_receiver', '/hook/'),
      options.limits,
    );
    const running = await listenAt(server, '127.0.0.1:0', 'receiver');
    if (running === undefined) throw new Error('the server does not listen');
    const world = new WebhookWorld(of, running, metrics);
    issuers.resolve(new TokenIssuers(world.issuer, systemClock));
    world.api.types = [
      ...world.api.types,
      resource('source.toolkit.fluxcd.io/v1', 'GitRepository'),
      resource('kustomize.toolkit.fluxcd.io/v1', 'Kustomization'),
    ];
    world.secret({ token: TOKEN });
    world.target('repo');
    resolve(world);
    return world;
  }

  /** Sets the entries of the Receiver's Secret. */
  secret(entries: Readonly<Record<string, string>>): void {
    const data = Object.fromEntries(
      Object.entries(entries).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
    );
    this.api.edit({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'token', namespace: 'apps' }, data });
  }

  /** Adds a GitRepository. */
  target(
    name: string,
    metadata: Partial<KubeObject['metadata']> = {},
    spec: object = { url: 'https://git.example' },
  ): void {
    this.api.edit({
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name, namespace: 'apps', ...metadata },
      spec,
    });
  }

  /** The names of the GitRepositories that were woken since the last look. */
  woken(): readonly string[] {
    const requests = this.api.taken();
    return requests.filter((request) => request.startsWith('patch ')).map((request) => request.split('/')[1] ?? '');
  }

  /** Calls a path, the Receiver's by default, and gives the status. */
  async call({ method = 'POST', headers = {}, body = '' }: TestCall, path = '/hook/path'): Promise<number> {
    const { status } = await this.answer({ method, headers, body }, path);
    return status;
  }

  /** As {@link call}, with the headers and the body of the answer. */
  answer(
    { method = 'POST', headers = {}, body = '' }: TestCall,
    path = '/hook/path',
  ): Promise<{ readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }> {
    return new Promise((resolve, reject) => {
      const sent = request(
        `http://${this.#server.address}`,
        { method, path, headers, agent: false, signal: AbortSignal.timeout(30_000) },
        (response) => {
          const chunks: Buffer[] = [];
          response
            .on('data', (chunk: Buffer) => chunks.push(chunk))
            .on('end', () =>
              resolve({
                status: response.statusCode ?? 0,
                headers: response.headers,
                body: Buffer.concat(chunks).toString('utf8'),
              }),
            );
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }

  get receivers(): readonly (Receiver & KubeObject)[] {
    return [...this.others, this.receiver];
  }

  get address(): string {
    return this.#server.address;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
  }
}

/** An issuer of tokens, with what it says of itself; also Google, for those who ask that. */
export class TestIssuer implements AuthHttp {
  readonly url = 'https://issuer.example';
  readonly #pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  /** What it is asked for, in order. */
  readonly asked: string[] = [];
  /** Public keys that it has beside its own. */
  otherKeys: readonly KeyObject[] = [];
  /** What it says of itself, where that is not the truth. */
  metadata: Readonly<Record<string, unknown>> = {};

  get publicKey(): KeyObject {
    return this.#pair.publicKey;
  }

  get privateKey(): KeyObject {
    return this.#pair.privateKey;
  }

  async call({ url }: { readonly url: string }): Promise<HttpReply> {
    this.asked.push(url);
    const json = (value: unknown): HttpReply => ({ status: 200, headers: {}, body: JSON.stringify(value) });
    if (url === `${this.url}/.well-known/openid-configuration`) {
      return json({ issuer: this.url, jwks_uri: `${this.url}/keys`, ...this.metadata });
    }
    if (url === `${this.url}/keys` || url === 'https://www.googleapis.com/oauth2/v3/certs') {
      const keys = [...this.otherKeys, this.#pair.publicKey].map(async (key, index, { length }) => {
        const kid = index === length - 1 ? 'one' : `other-${index}`;
        return { ...(await exportJWK(key)), kid, alg: 'RS256', use: 'sig' };
      });
      return json({ keys: await Promise.all(keys) });
    }
    return { status: 404, headers: {}, body: 'not found' };
  }

  /** A token with these claims, valid for an hour unless they say otherwise. */
  token(
    claims: Readonly<Record<string, unknown>>,
    {
      kid = 'one',
      key = this.#pair.privateKey,
      alg = 'RS256',
    }: { readonly kid?: string | null; readonly key?: KeyObject; readonly alg?: string } = {},
  ): Promise<string> {
    const exp = Math.floor(Date.now() / 1000) + 3600;
    return new SignJWT({ iss: this.url, aud: 'notification-controller', exp, ...claims })
      .setProtectedHeader({ alg, ...(kid === null ? {} : { kid }) })
      .sign(key);
  }
}
