import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import type { EventInput } from '../../../runtime/outcome.ts';
import { Digests } from '../alert/digest.ts';
import { Incidents } from '../alert/incidents.ts';
import type { AlertObject } from '../alert/sources.ts';
import { alertNamed, eventAbout, failureOf, KUSTOMIZE_PREFIX, successOf } from '../alert/testing.ts';
import type { NotificationEvent } from '../event.ts';
import type { ProviderType } from '../provider/settings.ts';
import { Router } from './router.ts';
import type { Notification } from './send.ts';

const EVENT = 'event.toolkit.fluxcd.io/';

interface Setup {
  readonly type?: ProviderType;
  readonly suspend?: boolean;
  readonly missing?: boolean;
  readonly noCrossNamespaceRefs?: boolean;
}

function setUp({ type = 'slack', suspend = false, missing = false, noCrossNamespaceRefs = false }: Setup = {}) {
  const clock = new ManualClock();
  const put: Notification[] = [];
  const told: EventInput[] = [];
  const incidents = new Incidents({ clock, due: (alert, event) => router.release(alert, event) });
  const digests = new Digests({ clock, due: (alert, event) => router.sendDigest(alert, event) });
  const router = new Router({
    provider: ({ namespace, name }) =>
      missing
        ? undefined
        : {
            apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
            kind: 'Provider',
            metadata: { namespace, name, uid: 'p1' },
            spec: { type, suspend },
          },
    incidents,
    digests,
    noCrossNamespaceRefs,
    put: (notification) => put.push(notification),
    tell: (_alert, event) => told.push(event),
  });
  const route = (event: NotificationEvent, alert: AlertObject = alertNamed()): void =>
    router.route(alert, event, 'new');
  return { clock, router, route, put, told, messages: () => put.map(({ event }) => event.message) };
}

describe('Router', () => {
  it('hands over an event as the Provider is told it', () => {
    const { route, put, told } = setUp();
    route(eventAbout(), alertNamed({ eventMetadata: { cluster: 'test' } }));
    assert.deepEqual(put, [
      {
        alert: alertNamed({ eventMetadata: { cluster: 'test' } }),
        event: { ...eventAbout(), metadata: { revision: 'r1', cluster: 'test' } },
        provider: { namespace: 'apps', name: 'sink' },
        about: 'Kustomization/apps/app',
        bytes: put[0]?.bytes,
      },
    ]);
    assert.deepEqual(told, []);
  });

  const uses: readonly { name: string; type: ProviderType; event: NotificationEvent; want: boolean }[] = [
    { name: 'chat does not hear what is for commits alone', type: 'slack', event: successOf(), want: false },
    { name: 'generic hears what is for commits alone', type: 'generic', event: successOf(), want: true },
    { name: 'generic-hmac hears what is for commits alone', type: 'generic-hmac', event: successOf(), want: true },
    { name: 'a commit status is set by what is for commits', type: 'github', event: successOf(), want: true },
    { name: 'a commit status is not set by progress', type: 'gitlab', event: eventAbout(), want: false },
    { name: 'a commit status is set by failures', type: 'gitea', event: failureOf(), want: true },
    {
      name: 'a commit status is set by what names the commit',
      type: 'gitea',
      event: eventAbout({ metadata: { [`${EVENT}commit`]: 'abc' } }),
      want: true,
    },
    { name: 'a comment needs a change request', type: 'githubpullrequestcomment', event: eventAbout(), want: false },
    {
      name: 'a comment is made on a change request',
      type: 'giteapullrequestcomment',
      event: eventAbout({ metadata: { [`${EVENT}change_request`]: '7' } }),
      want: true,
    },
    {
      name: 'no comment for commits alone',
      type: 'gitlabmergerequestcomment',
      event: successOf({ metadata: { [`${EVENT}change_request`]: '7' } }),
      want: false,
    },
  ];
  for (const { name, type, event, want } of uses) {
    it(name, () => {
      const { route, put, told } = setUp({ type });
      route(event);
      assert.equal(put.length, want ? 1 : 0);
      assert.deepEqual(told, [], 'and nobody is told of it');
    });
  }

  it('sends nothing through a suspended Provider', () => {
    const { route, put, told } = setUp({ suspend: true });
    route(eventAbout());
    assert.deepEqual([put, told], [[], []]);
  });

  it('tells of a Provider that is not there', () => {
    const { route, put, told } = setUp({ missing: true });
    route(eventAbout());
    assert.deepEqual(put, []);
    assert.deepEqual(told, [
      {
        severity: 'error',
        reason: 'NotificationDispatchFailed',
        message:
          'failed to dispatch notification for Kustomization/apps/app: failed to read provider: Provider.notification.toolkit.fluxcd.io "sink" not found',
      },
    ]);
  });

  it('tells of events of other namespaces where those are refused, and sends none', () => {
    const { route, put, told } = setUp({ noCrossNamespaceRefs: true });
    route(eventAbout({ namespace: 'secret' }));
    assert.deepEqual(put, []);
    assert.equal(
      told[0]?.message,
      "failed to dispatch notification for Kustomization/secret/app: discarding event, access denied to cross-namespace sources: alert 'apps/alert' can't process event from 'Kustomization/secret/app', cross-namespace references have been blocked",
    );
    route(eventAbout());
    assert.equal(put.length, 1);
  });

  it('tells of patterns and annotations that are none, and sends', () => {
    const { route, put, told } = setUp();
    route(eventAbout(), alertNamed({ exclusionList: ['['] }, { annotations: { 'sluice.dev/digest': 'soon' } }));
    assert.equal(put.length, 1);
    assert.deepEqual(
      told.map(({ reason }) => reason),
      ['InvalidAnnotation', 'InvalidConfig'],
    );
  });

  it('tells of metadata that was said twice', () => {
    const { route, put, told } = setUp();
    route(eventAbout({ metadata: { [`${EVENT}a`]: '1', [`${KUSTOMIZE_PREFIX}a`]: '2' } }));
    assert.equal(put[0]?.event.metadata['a'], '2');
    assert.deepEqual(told, [
      {
        severity: 'error',
        reason: 'MetadataAppendFailed',
        message:
          'metadata key conflicts detected (please refer to the Alert API docs and Flux RFC 0008 for more information)',
        annotations: { a: 'involved object annotations, involved object controller metadata' },
      },
    ]);
  });

  it('sends no more than the severity and the lists let pass', () => {
    const { route, messages } = setUp();
    const alert = alertNamed({ eventSeverity: 'error', exclusionList: ['noise'] });
    for (const event of [eventAbout(), failureOf(), failureOf({ message: 'noise' })]) route(event, alert);
    assert.deepEqual(messages(), ['it broke']);
  });
});

describe('Router with annotations of ours', () => {
  it('tells a recovery whatever severity and lists say', () => {
    const { route, messages, clock } = setUp();
    const alert = alertNamed(
      { eventSeverity: 'error', exclusionList: ['finished'] },
      { annotations: { 'sluice.dev/recovery': 'enabled' } },
    );
    route(successOf(), alert);
    route(failureOf(), alert);
    route(eventAbout(), alert);
    clock.advance(5000);
    route(successOf(), alert);
    route(successOf(), alert);
    assert.deepEqual(messages(), ['it broke', 'Recovered after 5s: Reconciliation finished in 1s, next run in 1h0m0s']);
  });

  it('lets a failure that the lists leave out be none', () => {
    const { route, messages } = setUp();
    const alert = alertNamed({ exclusionList: ['noise'] }, { annotations: { 'sluice.dev/recovery': 'enabled' } });
    route(failureOf({ message: 'noise' }), alert);
    route(successOf(), alert);
    assert.deepEqual(messages(), []);
  });

  it('counts failures that came again, and sends those that passed once', () => {
    const { router, messages } = setUp();
    const counting = alertNamed({}, { annotations: { 'sluice.dev/fire-after-failures': '3' } });
    const plain = alertNamed({}, { annotations: { 'sluice.dev/recovery': 'enabled' } });
    for (const alert of [counting, plain]) {
      router.route(alert, failureOf(), 'new');
      for (let again = 0; again < 5; again += 1) router.route(alert, failureOf(), 'repeated');
    }
    assert.deepEqual(messages(), ['it broke', 'it broke']);
  });

  it('sends a failure that lasted, as an event of that moment', () => {
    const { route, clock, put } = setUp();
    route(failureOf(), alertNamed({ eventMetadata: { a: 'b' } }, { annotations: { 'sluice.dev/fire-after': '10m' } }));
    assert.equal(put.length, 0);
    clock.advance(600_000);
    assert.deepEqual(put[0]?.event.metadata, { revision: 'r1', a: 'b' });
  });

  it('sends a digest with the metadata of the Alert', () => {
    const { route, clock, put } = setUp();
    const alert = alertNamed({ eventMetadata: { cluster: 'test' } }, { annotations: { 'sluice.dev/digest': '10m' } });
    route(eventAbout(), alert);
    route(failureOf(), alert);
    assert.equal(put.length, 0);
    clock.advance(600_000);
    assert.equal(put.length, 1);
    assert.equal(put[0]?.event.reason, 'Digest');
    assert.deepEqual(put[0]?.event.metadata, { cluster: 'test' });
  });

  it('heeds none of them for statuses of commits', () => {
    const { route, put } = setUp({ type: 'github' });
    const annotations = {
      'sluice.dev/digest': '10m',
      'sluice.dev/fire-after-failures': '3',
      'sluice.dev/recovery': 'enabled',
    };
    const alert = alertNamed({}, { annotations });
    route(failureOf(), alert);
    route(successOf(), alert);
    assert.deepEqual(
      put.map(({ event }) => event.metadata['commit_status'] ?? event.message),
      ['it broke', 'update'],
    );
  });
});
