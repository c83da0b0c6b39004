import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { metadataServices } from '../../../auth/address-guard.ts';
import type { CloudAuth } from '../../../auth/cloud-auth.ts';
import { systemClock } from '../../../lib/clock.ts';
import { isRecord } from '../../../lib/json.ts';
import { eventAbout } from '../alert/testing.ts';
import { createNotifier } from './create-notifier.ts';
import { NotifierHttp } from './http.ts';
import type { ProviderSettings, ProviderType } from './settings.ts';
import { type Answer, CaptureServer, type SeenRequest } from './testing.ts';

interface ThreadCase {
  readonly type: ProviderType;
  readonly settings: Partial<ProviderSettings>;
  readonly answer: Answer;
  /** What tells the service that a message belongs to a thread. */
  readonly marks: (seen: SeenRequest) => unknown;
  /** Of the first message, and of the second. */
  readonly want: readonly [unknown, unknown];
}

const bodyOf = ({ body }: SeenRequest): Readonly<Record<string, unknown>> => (isRecord(body) ? body : {});
const key = '0123456789012345678901234567890123456789';
const topic = 'kustomization/app.apps 012345678901';

const cases: readonly ThreadCase[] = [
  {
    type: 'slack',
    settings: { address: 'https://slack.com/api/chat.postMessage', channel: 'general', token: 'x' },
    answer: { request: 'POST', body: { ok: true, ts: '1.2' } },
    marks: (seen) => bodyOf(seen)['thread_ts'],
    want: [undefined, '1.2'],
  },
  {
    type: 'slack',
    settings: { address: 'https://hooks.slack.com/services/x' },
    answer: { request: 'POST', body: 'ok' },
    marks: (seen) => bodyOf(seen)['thread_ts'],
    want: [undefined, undefined],
  },
  {
    type: 'googlechat',
    settings: { address: 'https://chat.googleapis.com/v1/spaces/x/messages?key=k' },
    answer: { request: 'POST', body: {} },
    marks: (seen) => [seen.path, bodyOf(seen)['thread']],
    want: Array.from({ length: 2 }, () => [
      '/v1/spaces/x/messages?key=k&messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD',
      { threadKey: key },
    ]) as [unknown, unknown],
  },
  {
    type: 'matrix',
    settings: { address: 'https://matrix.example.com', channel: '!room:example.com', token: 'x' },
    answer: { request: 'PUT', body: { event_id: '$first' } },
    marks: (seen) => bodyOf(seen)['m.relates_to'],
    want: [
      undefined,
      {
        rel_type: 'm.thread',
        event_id: '$first',
        is_falling_back: true,
        'm.in_reply_to': { event_id: '$first' },
      },
    ],
  },
  {
    type: 'webex',
    settings: { address: 'https://webexapis.com/v1/messages', channel: 'room', token: 'x' },
    answer: { request: 'POST', body: { id: 'first' } },
    marks: (seen) => bodyOf(seen)['parentId'],
    want: [undefined, 'first'],
  },
  {
    type: 'telegram',
    settings: { channel: '-100', token: '1:x' },
    answer: { request: 'POST', body: { ok: true, result: { message_id: 7 } } },
    marks: (seen) => bodyOf(seen)['reply_parameters'],
    want: [undefined, { message_id: 7, allow_sending_without_reply: true }],
  },
  {
    type: 'zulip',
    settings: { address: 'https://zulip.example.com', channel: 'stream/topic', username: 'bot', password: 'x' },
    answer: { request: 'POST', body: { result: 'success' } },
    marks: ({ body }) => new URLSearchParams(String(body)).get('topic'),
    want: [topic, topic],
  },
  {
    type: 'generic',
    settings: { address: 'https://example.com' },
    answer: { request: 'POST', body: {} },
    marks: (seen) => Object.keys(bodyOf(seen)).length,
    want: [8, 8],
  },
];

describe('messages of one thread', () => {
  let server: CaptureServer;
  before(async () => {
    server = await CaptureServer.start();
  });
  after(() => server[Symbol.asyncDispose]());

  for (const { type, settings, answer, marks, want } of cases) {
    it(`are kept together by ${type} at ${settings.address ?? 'its service'}`, async () => {
      server.expect([answer]);
      const http = new NotifierHttp({
        agents: server.agents,
        guard: metadataServices,
        clock: systemClock,
        random: () => 0,
      });
      const cloud = {} as CloudAuth;
      let root: string | undefined;
      for (const message of ['first', 'second']) {
        const thread = {
          key,
          root,
          begin(id: string) {
            root = id;
          },
        };
        const delivery = { alert: { namespace: 'apps', name: 'alert', uid: 'a1' }, commitStatus: '', thread };
        const event = { ...eventAbout({ message }), metadata: { revision: `main@sha1:${key}` } };
        const deps = { http, clock: systemClock, cloud, defaultServiceAccount: '' };
        await createNotifier({ ...empty, type, ...settings }, delivery, deps).post(event, new AbortController().signal);
      }
      assert.deepEqual(server.seen.map(marks), want);
    });
  }
});

const empty: Omit<ProviderSettings, 'type'> = {
  provider: { namespace: 'apps', name: 'sink', uid: 'p1' },
  address: '',
  channel: '',
  username: '',
  password: '',
  token: '',
  headers: {},
  secretData: new Map(),
  serviceAccountName: '',
  timeoutMs: 30_000,
};
