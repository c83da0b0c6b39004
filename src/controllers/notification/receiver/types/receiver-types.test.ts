import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  receiver,
  type TestCall,
  type TestIssuer,
  TOKEN,
  WebhookWorld,
} from '../../../../../test/support/webhook-world.ts';
import { type Receiver, receiverKind } from '../../../../crds/notification/receiver.ts';
import type { OpenApi } from '../../../../crds/schema/schema.ts';
import { receiverTypes } from './receiver-types.ts';

type Type = Receiver['spec']['type'];

interface Attempt {
  readonly name: string;
  readonly call: (issuer: TestIssuer) => TestCall | Promise<TestCall>;
  readonly status: number;
}

/** What a caller of a type sends, and what of it is taken. */
interface Contract {
  readonly spec?: Partial<Receiver['spec']>;
  /** Entries of the Secret beside the token. */
  readonly secret?: Readonly<Record<string, string>>;
  readonly attempts: readonly Attempt[];
}

const json = { 'content-type': 'application/json' };
const body = '{"ref":"refs/heads/main"}';

function hex(algorithm: string, text: string, key = TOKEN): string {
  return createHmac(algorithm, key).update(text).digest('hex');
}

function attempt(name: string, status: number, call: TestCall): Attempt {
  return { name, status, call: () => call };
}

/** Those of types that GitHub's way of signing is the way of. */
function signedAttempts(eventHeader: string): readonly Attempt[] {
  const signed = { ...json, 'x-hub-signature-256': `sha256=${hex('sha256', body)}`, [eventHeader]: 'push' };
  const { 'x-hub-signature-256': _, ...unsigned } = signed;
  const form = `payload=${encodeURIComponent(body)}`;
  const formHeaders = { ...unsigned, 'content-type': 'application/x-www-form-urlencoded' };
  return [
    attempt('signed with sha256', 200, { headers: signed, body }),
    attempt('an event in other letters', 200, { headers: { ...signed, [eventHeader]: 'PuSH' }, body }),
    attempt('signed with sha1', 200, {
      headers: { ...unsigned, 'x-hub-signature': `sha1=${hex('sha1', body)}` },
      body,
    }),
    attempt('a form', 200, {
      headers: { ...formHeaders, 'x-hub-signature-256': `sha256=${hex('sha256', form)}` },
      body: form,
    }),
    attempt('a form that is none', 400, {
      headers: { ...formHeaders, 'x-hub-signature-256': `sha256=${hex('sha256', 'payload=%zz')}` },
      body: 'payload=%zz',
    }),
    attempt('a form whose field is signed, and not the whole', 400, {
      headers: { ...formHeaders, 'x-hub-signature-256': `sha256=${hex('sha256', body)}` },
      body: form,
    }),
    attempt('no signature', 400, { headers: unsigned, body }),
    attempt('an empty signature', 400, { headers: { ...signed, 'x-hub-signature-256': 'sha256=' }, body }),
    attempt('the signature of another key', 400, {
      headers: { ...unsigned, 'x-hub-signature-256': `sha256=${hex('sha256', body, 'other')}` },
      body,
    }),
    attempt('the signature of another body', 400, { headers: signed, body: `${body} ` }),
    attempt('another algorithm', 400, {
      headers: { ...unsigned, 'x-hub-signature-256': `md5=${hex('md5', body)}` },
      body,
    }),
    attempt('one algorithm’s name with the signature of another', 400, {
      headers: { ...unsigned, 'x-hub-signature-256': `sha512=${hex('sha256', body)}` },
      body,
    }),
    attempt('not hexadecimal', 400, { headers: { ...unsigned, 'x-hub-signature-256': 'sha256=zz' }, body }),
    attempt('an event that is not listed', 400, { headers: { ...signed, [eventHeader]: 'fork' }, body }),
    attempt('no event', 400, { headers: { ...json, 'x-hub-signature-256': `sha256=${hex('sha256', body)}` }, body }),
    attempt('another content type', 400, { headers: { ...signed, 'content-type': 'text/plain' }, body }),
    attempt('no content type', 400, { headers: { 'x-hub-signature-256': signed['x-hub-signature-256'] }, body }),
  ];
}

/** Those of types that send no proof: only the shape of the body is looked at. */
function shapeAttempts(good: string, bad: string): readonly Attempt[] {
  return [
    attempt('its payload', 200, { body: good }),
    attempt('its payload, and more', 200, { body: `${good} more` }),
    attempt('an empty object', 200, { body: '{}' }),
    attempt('no JSON', 400, { body: 'x' }),
    attempt('nothing', 400, {}),
    attempt('cut short', 400, { body: good.slice(0, -1) }),
    attempt('a list', 400, { body: '[]' }),
    attempt('a text', 400, { body: '"x"' }),
    attempt('a field of another type', 400, { body: bad }),
  ];
}

const pubSub = (event: unknown) =>
  JSON.stringify({ message: { data: Buffer.from(JSON.stringify(event)).toString('base64'), messageId: '1' } });
const pushed = pubSub({ action: 'INSERT', digest: 'eu.gcr.io/p/i@sha256:00', tag: 'eu.gcr.io/p/i:1' });
const google = {
  iss: 'https://accounts.google.com',
  aud: 'https://hooks.example',
  email: 'push@p.iam',
  email_verified: true,
};

function withToken(name: string, status: number, claims: Readonly<Record<string, unknown>>, text = pushed): Attempt {
  const call = async (issuer: TestIssuer): Promise<TestCall> => ({
    headers: { ...json, authorization: `Bearer ${await issuer.token(claims)}` },
    body: text,
  });
  return { name, status, call };
}

const cdEvent = {
  context: {
    version: '0.4.1',
    id: '271069a8',
    source: '/event/source/123',
    type: 'dev.cdevents.artifact.packaged.0.2.0',
    timestamp: '2026-03-20T14:27:05.315384Z',
  },
  subject: { id: 'pkg:golang/example', type: 'artifact', content: { change: { id: 'c1', source: 'repo' } } },
};
const cloudEvent = { ...json, 'ce-type': 'dev.cdevents.artifact.packaged.0.2.0' };

function cdAttempt(name: string, status: number, change: (event: typeof cdEvent) => unknown): Attempt {
  return attempt(name, status, { headers: cloudEvent, body: JSON.stringify(change(structuredClone(cdEvent))) });
}

const contracts: Readonly<Record<Type, Contract>> = {
  generic: {
    attempts: [
      attempt('a body', 200, { body: 'anything' }),
      attempt('no body', 200, {}),
      attempt('another method', 200, { method: 'GET' }),
    ],
  },
  'generic-hmac': {
    attempts: [
      ...['sha1', 'sha256', 'sha512'].map((algorithm) =>
        attempt(algorithm, 200, { headers: { 'x-signature': `${algorithm}=${hex(algorithm, body)}` }, body }),
      ),
      attempt('no signature', 400, { body }),
      attempt('nonsense', 400, { headers: { 'x-signature': 'nonsense' }, body }),
      attempt('another key', 400, { headers: { 'x-signature': `sha256=${hex('sha256', body, 'other')}` }, body }),
      attempt('another algorithm', 400, { headers: { 'x-signature': `md5=${hex('md5', body)}` }, body }),
      attempt('another body', 400, { headers: { 'x-signature': `sha256=${hex('sha256', body)}` }, body: 'x' }),
      attempt('the header of GitHub', 400, {
        headers: { 'x-hub-signature-256': `sha256=${hex('sha256', body)}` },
        body,
      }),
    ],
  },
  'generic-oidc': {
    spec: {
      oidcProviders: [
        {
          issuerURL: 'https://issuer.example',
          variables: [
            { name: 'owner', expression: 'claims.repository_owner' },
            { name: 'mine', expression: "vars.owner == 'me'" },
          ],
          validations: [{ expression: "vars.mine && claims.ref in ['main']", message: 'not mine' }],
        },
      ],
    },
    attempts: [
      withToken('a token with the right claims', 200, { repository_owner: 'me', ref: 'main' }),
      withToken('several audiences', 200, {
        repository_owner: 'me',
        ref: 'main',
        aud: ['other', 'notification-controller'],
      }),
      withToken('claims that are not allowed', 400, { repository_owner: 'you', ref: 'main' }),
      withToken('claims that are missing', 400, { ref: 'main' }),
      withToken('another audience', 400, { repository_owner: 'me', ref: 'main', aud: 'other' }),
      withToken('an empty audience', 400, { repository_owner: 'me', ref: 'main', aud: '' }),
      withToken('an issuer that is not listed', 400, { repository_owner: 'me', ref: 'main', iss: 'https://other' }),
      withToken('no issuer', 400, { repository_owner: 'me', ref: 'main', iss: '' }),
      withToken('expired', 400, { repository_owner: 'me', ref: 'main', exp: 1 }),
      withToken('never ending', 400, { repository_owner: 'me', ref: 'main', exp: undefined }),
      withToken('not valid yet', 400, { repository_owner: 'me', ref: 'main', nbf: 4_000_000_000 }),
      attempt('no token', 400, { body }),
      attempt('another scheme', 400, { headers: { authorization: 'Basic eDp5' }, body }),
      attempt('no JWT', 400, { headers: { authorization: 'Bearer x.y' }, body }),
    ],
  },
  github: { spec: { events: ['ping', 'push'] }, attempts: signedAttempts('x-github-event') },
  bitbucket: { spec: { events: ['push'] }, attempts: signedAttempts('x-event-key') },
  gitlab: {
    spec: { events: ['Push Hook'] },
    attempts: [
      attempt('the token', 200, { headers: { 'x-gitlab-token': TOKEN, 'x-gitlab-event': 'Push Hook' }, body }),
      attempt('another token', 400, { headers: { 'x-gitlab-token': 'other', 'x-gitlab-event': 'Push Hook' } }),
      attempt('a part of the token', 400, {
        headers: { 'x-gitlab-token': TOKEN.slice(0, -1), 'x-gitlab-event': 'Push Hook' },
      }),
      attempt('no token', 400, { headers: { 'x-gitlab-event': 'Push Hook' } }),
      attempt('an event that is not listed', 400, {
        headers: { 'x-gitlab-token': TOKEN, 'x-gitlab-event': 'Tag Push Hook' },
      }),
    ],
  },
  harbor: {
    attempts: [
      attempt('the token', 200, { headers: { authorization: TOKEN }, body }),
      attempt('another token', 400, { headers: { authorization: 'other' }, body }),
      attempt('the token with a scheme', 400, { headers: { authorization: `Bearer ${TOKEN}` }, body }),
      attempt('no token', 400, { body }),
    ],
  },
  dockerhub: {
    attempts: shapeAttempts(
      '{"push_data":{"tag":"1"},"repository":{"repo_url":"https://hub.docker.com/r/a/b"}}',
      '{"push_data":{"tag":1}}',
    ),
  },
  quay: {
    attempts: shapeAttempts('{"docker_url":"quay.io/a/b","updated_tags":["1"]}', '{"docker_url":{}}'),
  },
  acr: {
    attempts: shapeAttempts('{"action":"push","target":{"repository":"a","tag":"1"}}', '{"target":"a"}'),
  },
  nexus: {
    attempts: [
      attempt('signed', 200, { headers: { 'x-nexus-webhook-signature': hex('sha1', body) }, body }),
      attempt('not signed', 400, { body }),
      attempt('another key', 400, { headers: { 'x-nexus-webhook-signature': hex('sha1', body, 'x') }, body }),
      attempt('in other letters', 400, {
        headers: { 'x-nexus-webhook-signature': hex('sha1', body).toUpperCase() },
        body,
      }),
      attempt('no JSON', 400, { headers: { 'x-nexus-webhook-signature': hex('sha1', 'x') }, body: 'x' }),
      attempt('JSON and more', 400, { headers: { 'x-nexus-webhook-signature': hex('sha1', '{} x') }, body: '{} x' }),
    ],
  },
  gcr: {
    secret: { email: 'push@p.iam', audience: 'https://hooks.example' },
    attempts: [
      withToken('a token of the account', 200, google),
      withToken('the other name of the issuer', 200, { ...google, iss: 'accounts.google.com' }),
      withToken('a token of another account', 400, { ...google, email: 'other@p.iam' }),
      withToken('an account that is not verified', 400, { ...google, email_verified: false }),
      withToken('an account whose verification is a text', 400, { ...google, email_verified: 'true' }),
      withToken('no account', 400, { ...google, email: undefined }),
      withToken('another audience', 400, { ...google, aud: 'https://other.example' }),
      withToken('another issuer', 400, { ...google, iss: 'https://issuer.example' }),
      withToken('expired', 400, { ...google, exp: 1 }),
      withToken('no event in it', 400, google, '{"message":{}}'),
      attempt('no token', 400, { headers: json, body: pushed }),
    ],
  },
  cdevents: {
    spec: { events: ['dev.cdevents.artifact.packaged.0.2.0'] },
    attempts: [
      cdAttempt('an event', 200, (event) => event),
      cdAttempt('an event with more than is known', 200, (event) => ({ ...event, more: 1 })),
      cdAttempt('an event of the next version', 400, (event) => {
        event.context.type = 'dev.cdevents.artifact.packaged.0.3.0';
        return event;
      }),
      cdAttempt('a type that is not known', 400, (event) => {
        event.context.type = 'dev.cdevents.artifact.eaten.0.1.0';
        return event;
      }),
      cdAttempt('without an id', 400, (event) => ({ ...event, context: { ...event.context, id: '' } })),
      cdAttempt('at no time', 400, (event) => ({ ...event, context: { ...event.context, timestamp: 'now' } })),
      cdAttempt('without what its type demands', 400, (event) => ({
        ...event,
        subject: { ...event.subject, content: {} },
      })),
      cdAttempt('about another thing', 400, (event) => ({ ...event, subject: { ...event.subject, type: 'branch' } })),
      cdAttempt('with a schema of its own', 400, (event) => ({
        ...event,
        context: { ...event.context, schemaUri: 'https://x.example' },
      })),
      cdAttempt('without a subject', 400, ({ context }) => ({ context })),
      attempt('an event that is not listed', 400, {
        headers: { ...json, 'ce-type': 'dev.cdevents.artifact.published.0.2.0' },
        body: JSON.stringify(cdEvent),
      }),
      attempt('no JSON', 400, { headers: cloudEvent, body: 'x' }),
    ],
  },
};

function enumOf(): readonly string[] {
  const schema: OpenApi = receiverKind.schema;
  const types = schema.properties?.['spec']?.properties?.['type']?.enum ?? [];
  return types.map(String).sort();
}

describe('every type of the definition', () => {
  it('has an implementation and a contract', () => {
    assert.ok(enumOf().length > 10);
    assert.deepEqual(Object.keys(receiverTypes).sort(), enumOf());
    assert.deepEqual(Object.keys(contracts).sort(), enumOf());
  });

  it('is in the table of the documentation, with its link', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../../../docs/spec/receiver.md'), 'utf8');
    for (const [type, { documentation }] of Object.entries(receiverTypes)) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${type}\` |`));
      assert.ok(row?.includes(documentation), type);
    }
  });
});

for (const [type, { spec, secret, attempts }] of Object.entries(contracts)) {
  describe(`a Receiver of type ${type}`, () => {
    it('accepts what is right, and nothing else', async () => {
      await using world = await WebhookWorld.start(receiver({ type: type as Type, ...spec }));
      world.secret({ token: TOKEN, ...secret });
      for (const { name, call, status } of attempts) {
        world.woken();
        assert.equal(await world.call(await call(world.issuer)), status, name);
        assert.deepEqual(world.woken(), status === 200 ? ['repo'] : [], name);
      }
    });

    it('accepts nothing without its Secret', async () => {
      await using world = await WebhookWorld.start(receiver({ type: type as Type, ...spec }));
      world.secret({ token: TOKEN, ...secret });
      const good = await attempts.find(({ status }) => status === 200)?.call(world.issuer);
      world.receiver = { ...world.receiver, spec: { ...world.receiver.spec, secretRef: { name: 'absent' } } };
      assert.equal(await world.call(good ?? {}), 400);
      assert.deepEqual(world.woken(), []);
    });
  });
}

const proving: readonly Type[] = ['generic-hmac', 'github', 'gitlab', 'bitbucket', 'harbor', 'nexus'];

describe('an empty token', () => {
  for (const type of proving) {
    it(`lets nobody in, type ${type}`, async () => {
      await using world = await WebhookWorld.start(receiver({ type }));
      world.secret({ token: '' });
      for (const headers of [
        json,
        { ...json, 'x-hub-signature-256': `sha256=${hex('sha256', body, '')}`, 'x-github-event': 'push' },
        { ...json, 'x-signature': `sha256=${hex('sha256', body, '')}` },
        { ...json, 'x-nexus-webhook-signature': hex('sha1', body, '') },
        { ...json, 'x-gitlab-token': '', authorization: '' },
      ]) {
        assert.equal(await world.call({ headers, body }), 400);
      }
    });
  }
});
