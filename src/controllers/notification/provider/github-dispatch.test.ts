import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { metadataServices } from '../../../auth/address-guard.ts';
import type { CloudAuth } from '../../../auth/cloud-auth.ts';
import { systemClock } from '../../../lib/clock.ts';
import { eventAbout } from '../alert/testing.ts';
import { createNotifier } from './create-notifier.ts';
import { NotifierHttp } from './http.ts';
import { NotifyError } from './notifier.ts';
import { type Answer, CaptureServer } from './testing.ts';

const cases: readonly { name: string; answer: Omit<Answer, 'request'>; again: boolean }[] = [
  { name: 'a fault of the service, which may have started it', answer: { status: 502 }, again: false },
  { name: 'a refusal', answer: { status: 422 }, again: false },
  { name: 'a wish for rest', answer: { status: 429, headers: { 'retry-after': '60' } }, again: true },
];

describe('a dispatch at GitHub', () => {
  let server: CaptureServer;
  before(async () => {
    server = await CaptureServer.start();
  });
  after(() => server[Symbol.asyncDispose]());

  for (const { name, answer, again } of cases) {
    it(`is ${again ? '' : 'not '}tried again after ${name}`, async () => {
      server.expect([{ request: 'POST', ...answer }]);
      const http = new NotifierHttp({
        agents: server.agents,
        guard: metadataServices,
        clock: systemClock,
        random: () => 0,
      });
      const notifier = createNotifier(
        {
          type: 'githubdispatch',
          provider: { namespace: 'apps', name: 'sink', uid: 'p1' },
          address: 'https://github.com/owner/name',
          channel: '',
          username: '',
          password: '',
          token: 't0ken',
          headers: {},
          secretData: new Map([['token', Buffer.from('t0ken')]]),
          serviceAccountName: '',
          timeoutMs: 30_000,
        },
        { alert: { namespace: 'apps', name: 'alert', uid: 'a1' }, commitStatus: '' },
        { http, clock: systemClock, cloud: {} as CloudAuth, defaultServiceAccount: '' },
      );
      await assert.rejects(notifier.post(eventAbout(), new AbortController().signal), (error) => {
        assert.ok(error instanceof NotifyError);
        assert.equal(error.permanent, !again, error.message);
        return true;
      });
      assert.equal(server.seen.length, 1);
    });
  }
});
