import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { TLSSocket } from 'node:tls';
import { Authority } from '../../../../test/support/certificates.ts';
import { metadataServices } from '../../../auth/address-guard.ts';
import { systemClock } from '../../../lib/clock.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { HttpAgents } from '../../../net/http-agents.ts';
import type { NotificationEvent } from '../event.ts';
import { createNotifier } from './create-notifier.ts';
import { NotifierHttp } from './http.ts';
import type { ProviderSettings } from './settings.ts';

const event: NotificationEvent = {
  involvedObject: { apiVersion: 'v1', kind: 'Kustomization', namespace: 'ns', name: 'apps', uid: 'u' },
  severity: 'info',
  timestamp: '2026-01-02T15:04:05Z',
  message: 'größer <als> gedacht\r\nPUB other 1\r\nx',
  reason: 'Succeeded',
  metadata: {},
  reportingController: 'kustomize-controller',
  reportingInstance: '',
};

const info = { server_id: 'x', version: '2.11.0', proto: 1, headers: true, max_payload: 1048576, nonce: 'abcdefghijk' };
/** Recorded from nats.go 1.52 and nkeys for the raw seed 0123456789abcdef0123456789abcdef. */
const seed = 'SUADAMJSGM2DKNRXHA4WCYTDMRSWMMBRGIZTINJWG44DSYLCMNSGKZRF4M';
const publicKey = 'UAR3YVERFQPG5EWEVBUCLSDH4J773RKVX755IJCPC6RGVP7752LF22PY';
const sig = 'a7i91aPMMq8qgifsLK07-Cft4NyXuaDmLJpeX_9FgJ6BT_3QWmvyJZfHEWtYWki_dDfLphGGaqXguQeqAk_KAg';
const jwt = 'eyJ0eXAiOiJKV1QifQ.eyJqdGkiOiJ4In0.c2ln';
const creds = `-----BEGIN NATS USER JWT-----
${jwt}
------END NATS USER JWT------

************************* IMPORTANT *************************
-----BEGIN USER NKEY SEED-----
${seed}
------END USER NKEY SEED------
`;

interface NatsServer extends AsyncDisposable {
  readonly port: number;
  /** What clients said, line by line; payloads too. */
  readonly lines: string[];
}

/** Speaks as a server does; `answer` may answer a line in another way. */
async function natsServer(
  greeting: string,
  answer: (line: string) => string | undefined = () => undefined,
  tls?: { readonly cert: string; readonly key: string },
) {
  const lines: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((plain) => {
    sockets.add(plain);
    plain.on('error', () => undefined);
    plain.write(greeting);
    const socket = tls === undefined ? plain : new TLSSocket(plain, { isServer: true, ...tls });
    socket.on('error', () => undefined);
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
      for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
        const line = text.slice(0, end);
        text = text.slice(end + 2);
        lines.push(line);
        socket.write(answer(line) ?? (line === 'PING' ? 'PONG\r\n' : ''));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const { port } = address;
  const result: NatsServer = {
    port,
    lines,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return result;
}

async function post(address: string, given: Partial<ProviderSettings> = {}): Promise<string> {
  const settings: ProviderSettings = {
    type: 'nats',
    provider: { namespace: 'ns', name: 'nats', uid: 'u' },
    address,
    channel: 'flux.events',
    username: '',
    password: '',
    token: '',
    headers: {},
    secretData: new Map(),
    serviceAccountName: '',
    timeoutMs: 20_000,
    ...given,
  };
  const agents = new HttpAgents();
  const http = new NotifierHttp({ agents, guard: metadataServices, clock: systemClock, random: () => 0 });
  const deps = { http, clock: systemClock, cloud: undefined as never, defaultServiceAccount: '' };
  const delivery = { alert: { namespace: 'ns', name: 'a', uid: 'u' }, commitStatus: '' };
  try {
    await createNotifier(settings, delivery, deps).post(event, new AbortController().signal);
    return '';
  } catch (error) {
    return errorMessage(error);
  }
}

const entries = (name: string, value: string): Partial<ProviderSettings> => ({
  secretData: new Map([[name, Buffer.from(value)]]),
});

describe('nats sends what the original does', () => {
  const cases: readonly { readonly name: string; readonly given: Partial<ProviderSettings>; readonly who: object }[] = [
    { name: 'anonymously', given: {}, who: {} },
    { name: 'as a user', given: { username: 'u', password: 'p' }, who: { user: 'u', pass: 'p' } },
    { name: 'with a key', given: entries('nkey', seed), who: { nkey: publicKey, sig } },
    { name: 'with credentials', given: entries('creds', creds), who: { jwt, sig } },
    {
      name: 'with credentials rather than a user',
      given: { ...entries('creds', creds), username: 'u', password: 'p' },
      who: { jwt, sig },
    },
  ];
  for (const { name, given, who } of cases) {
    it(name, async () => {
      await using server = await natsServer(`INFO ${JSON.stringify(info)}\r\n`);
      assert.equal(await post(`nats://127.0.0.1:${server.port}`, given), '');
      const [connect = '', ...rest] = server.lines;
      const options = JSON.parse(connect.replace(/^CONNECT /, '')) as Readonly<Record<string, unknown>>;
      const { lang: _lang, version: _version, ...said } = options;
      assert.deepEqual(said, {
        verbose: false,
        pedantic: false,
        ...who,
        tls_required: false,
        name: 'NATS Provider Publisher',
        protocol: 1,
        echo: true,
        headers: true,
        no_responders: true,
      });
      const payload =
        '{"involvedObject":{"kind":"Kustomization","namespace":"ns","name":"apps","uid":"u","apiVersion":"v1"},"severity":"info","timestamp":"2026-01-02T15:04:05Z","message":"größer \\u003cals\\u003e gedacht\\r\\nPUB other 1\\r\\nx","reason":"Succeeded","reportingController":"kustomize-controller"}';
      assert.deepEqual(rest, ['PING', `PUB flux.events ${Buffer.byteLength(payload)}`, payload, 'PING']);
    });
  }

  it('tries the servers of a list in order', async () => {
    await using server = await natsServer(`INFO ${JSON.stringify(info)}\r\n`);
    await using refusing = await natsServer("-ERR 'Maximum Connections Exceeded'\r\n");
    assert.equal(await post(`nats://127.0.0.1:${refusing.port}, 127.0.0.1:${server.port}`), '');
    assert.equal(server.lines.length, 5);
  });

  const failing: readonly {
    readonly name: string;
    readonly greeting: string;
    readonly answer?: (line: string) => string | undefined;
    readonly want: RegExp;
  }[] = [
    {
      name: 'who is refused',
      greeting: `INFO ${JSON.stringify(info)}\r\n`,
      answer: (line) => (line.startsWith('CONNECT') ? "-ERR 'Authorization Violation'\r\n" : ''),
      want: /^error publishing event to subject flux.events: error connecting to server: nats: Authorization Violation$/,
    },
    {
      name: 'who may not publish there',
      greeting: `INFO ${JSON.stringify(info)}\r\n`,
      answer: (line) =>
        line.startsWith('PUB') ? `-ERR 'Permissions Violation for Publish to "flux.events"'\r\n` : undefined,
      want: /error publishing message to server: nats: Permissions Violation for Publish to "flux.events"$/,
    },
    { name: 'a server of another kind', greeting: 'HTTP/1.1 400 Bad Request\r\n', want: /did not begin with INFO$/ },
    { name: 'INFO that is no JSON', greeting: 'INFO {"nonce":\r\n', want: /did not begin with INFO$/ },
    { name: 'a line without an end', greeting: 'I'.repeat(100_000), want: /too long a line$/ },
    {
      name: 'a server that tells our key in its error',
      greeting: `INFO ${JSON.stringify(info)}\r\n`,
      answer: (line) => (line.startsWith('CONNECT') ? `-ERR 'bad password hunter22'\r\n` : ''),
      want: /nats: bad password \*+$/,
    },
  ];
  for (const { name, greeting, answer, want } of failing) {
    it(`fails on ${name}`, async () => {
      await using server = await natsServer(greeting, answer);
      assert.match(await post(`nats://127.0.0.1:${server.port}`, { username: 'u', password: 'hunter22' }), want);
    });
  }

  describe('speaks TLS', () => {
    for (const [name, scheme, asks] of [
      ['where the address says so', 'tls', false],
      ['where the server asks for it', 'nats', true],
    ] as const) {
      it(name, async () => {
        const authority = await Authority.create('test');
        const { certificate: cert, key } = await authority.issueServer('nats');
        const greeting = `INFO ${JSON.stringify({ ...info, tls_required: asks })}\r\n`;
        await using server = await natsServer(greeting, undefined, { cert, key });
        const address = `${scheme}://127.0.0.1:${server.port}`;
        assert.equal(await post(address, { tls: { ca: authority.certificate, onlyCa: true } }), '');
        assert.match(server.lines[0] ?? '', /^CONNECT .*"tls_required":true/);
        assert.match(await post(address), /x509: certificate signed by unknown authority$/);
      });
    }
  });

  it('gives up on a server that says nothing', async () => {
    await using server = await natsServer('');
    assert.match(await post(`nats://127.0.0.1:${server.port}`, { timeoutMs: 50 }), /context deadline exceeded$/);
  });

  const settings: readonly (readonly [string, Partial<ProviderSettings>, RegExp])[] = [
    ['no server', { address: '' }, /NATS server \(address\) cannot be empty$/],
    ['no subject', { channel: '' }, /NATS subject \(channel\) cannot be empty$/],
    ['a subject with a command in it', { channel: 'a\r\nPUB b' }, /characters that no subject may have$/],
    ['a metadata server', { address: 'nats://169.254.169.254:80' }, /is an address of a metadata service/],
    ['another scheme', { address: 'ws://127.0.0.1' }, /must have the scheme nats or tls, got 'ws'$/],
    ['a seed that is none', entries('nkey', 'SUAXXX'), /error parsing nkey seed: it is not the seed of a user$/],
    ['credentials without a seed', entries('creds', 'nothing'), /the credentials have no JWT or no seed$/],
  ];
  for (const [name, given, want] of settings) {
    it(`refuses ${name}`, async () => assert.match(await post(given.address ?? 'nats://127.0.0.1:1', given), want));
  }
});
