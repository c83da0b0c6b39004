import { randomBytes } from 'node:crypto';
import type { NotificationEvent } from '../event.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { NotifyError } from './notifier.ts';
import { routeOf } from './secrets-of.ts';

/**
 * Sentry: an error is an event, info a transaction; the address is a DSN, the channel an environment
 * (internal/notifier/sentry.go).
 *
 * https://develop.sentry.dev/sdk/foundations/transport/envelopes/
 */
export const createSentry: NotifierFactory = (settings, _delivery, { http, clock }) => {
  const { address, channel } = settings;
  const { url, auth } = parseDsn(address);
  const headers = { 'content-type': 'application/x-sentry-envelope', 'x-sentry-auth': auth };
  const environment = channel === '' ? {} : { environment: channel };
  const route = routeOf(settings);
  return {
    async post(event, signal) {
      const item = itemOf(event);
      if (item === undefined) return;
      const id = randomBytes(16).toString('hex');
      const payload = JSON.stringify({ event_id: id, ...environment, platform: 'other', ...item.payload });
      const lines = [
        { event_id: id, sent_at: new Date(clock.now()).toISOString(), dsn: address },
        { type: item.type, length: Buffer.byteLength(payload) },
      ].map((line) => JSON.stringify(line));
      const body = `${[...lines, payload].join('\n')}\n`;
      await http.succeed({ method: 'POST', url, headers, body }, route, signal);
    },
  };
};

/** `https://key[:secret]@host/path/project`. Throws NotifyError, without the key. */
function parseDsn(dsn: string): { readonly url: string; readonly auth: string } {
  if (dsn === '') throw fault('DSN cannot be empty');
  if (!URL.canParse(dsn)) throw fault('[Sentry] DsnParseError: invalid url');
  const { protocol, username, password, host, pathname } = new URL(dsn);
  if (protocol !== 'http:' && protocol !== 'https:') throw fault('[Sentry] DsnParseError: invalid scheme');
  if (username === '') throw fault('[Sentry] DsnParseError: empty username');
  const parts = pathname.split('/').filter((part) => part !== '');
  const project = parts.pop();
  if (project === undefined) throw fault('[Sentry] DsnParseError: empty project id');
  const path = parts.map((part) => `/${part}`).join('');
  const secret = password === '' ? '' : `, sentry_secret=${password}`;
  return {
    url: `${protocol}//${host}${path}/api/${project}/envelope/`,
    auth: `Sentry sentry_version=7, sentry_client=sluice/1, sentry_key=${username}${secret}`,
  };
}

interface Item {
  readonly type: 'event' | 'transaction';
  readonly payload: Readonly<Record<string, unknown>>;
}

/** A trace is nothing for Sentry. */
function itemOf(event: NotificationEvent): Item | undefined {
  const { kind, namespace, name } = event.involvedObject;
  const { severity, message, timestamp, reportingController } = event;
  const common = {
    level: severity,
    ...(message === '' ? {} : { message }),
    timestamp,
    transaction: `${kind}: ${namespace}/${name}`,
  };
  if (severity === 'error') {
    const server = reportingController === '' ? {} : { server_name: reportingController };
    const payload = { ...common, ...server, contexts: { metadata: event.metadata } };
    return { type: 'event', payload };
  }
  if (severity !== 'info') return undefined;
  const span = { trace_id: randomBytes(16).toString('hex'), span_id: randomBytes(8).toString('hex'), op: 'event' };
  const tags = tagsOf(event);
  const times = { start_timestamp: timestamp, timestamp };
  const spans = [{ ...span, ...times, origin: 'manual', tags }];
  const payload = {
    ...common,
    type: 'transaction',
    start_timestamp: timestamp,
    contexts: { trace: span },
    spans,
    tags,
  };
  return { type: 'transaction', payload };
}

function tagsOf({ involvedObject, metadata, ...event }: NotificationEvent): Readonly<Record<string, string>> {
  const { kind, namespace, name } = involvedObject;
  return {
    flux_involved_object_kind: kind,
    flux_involved_object_namespace: namespace,
    flux_involved_object_name: name,
    flux_reporting_controller: event.reportingController,
    flux_reporting_instance: event.reportingInstance,
    flux_reason: event.reason,
    ...metadata,
  };
}

function fault(message: string): NotifyError {
  return new NotifyError(message, { permanent: true });
}
