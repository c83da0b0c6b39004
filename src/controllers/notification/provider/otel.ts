import { createHash, randomBytes } from 'node:crypto';
import { metadataKeys, type NotificationEvent } from '../event.ts';
import { webhookUrl } from './address.ts';
import { basic, bearer } from './authorization.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { sortedMetadata } from './format.ts';
import { sentHeaders } from './headers.ts';
import { bytesField, fixed32Field, fixed64Field, varintField } from './protobuf.ts';
import { routeOf } from './secrets-of.ts';
import type { AlertRef, ProviderSettings } from './settings.ts';

/**
 * OpenTelemetry: a span for each event, in the trace of what its Alert saw of a revision (internal/notifier/otel.go).
 * OTLP over HTTP, in binary.
 *
 * https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export const createOtel: NotifierFactory = (settings, { alert }, { http, clock }) => {
  const url = tracesUrl(webhookUrl(settings, 'invalid OTLP endpoint URL'));
  const headers = { ...headersOf(settings), 'content-type': 'application/x-protobuf' };
  const route = routeOf(settings);
  return {
    async post(event, signal) {
      if (event.involvedObject.kind === 'HelmRepository') return;
      const body = tracesData(event, alert, clock.now());
      await http.succeed({ method: 'POST', url, headers, body }, route, signal);
    },
  };
};

/** An address without a path means the usual one. */
function tracesUrl(address: string): string {
  const url = new URL(address);
  if (url.pathname === '/') url.pathname = '/v1/traces';
  return url.href;
}

/** Credentials count only beside headers of the Secret, as in the original. */
function headersOf({ headers, username, password, token }: ProviderSettings): Readonly<Record<string, string>> {
  const given = sentHeaders(headers);
  if (Object.keys(given).length === 0 || Object.hasOwn(given, 'authorization')) return given;
  const secret = token || password;
  if (username === '') return { ...given, ...bearer(secret) };
  return { ...given, ...(secret === '' ? {} : basic(username, secret)) };
}

/**
 * opentelemetry.proto.trace.v1.TracesData with one span. Field numbers are those of trace.proto, resource.proto and
 * common.proto.
 */
function tracesData(event: NotificationEvent, alert: AlertRef, now: number): Buffer {
  const resource = bytesField(
    1,
    attribute(1, 'service.instance.id', alert.uid),
    attribute(1, 'service.name', `${alert.namespace}/${alert.name}`),
    attribute(1, 'service.namespace', alert.namespace),
  );
  const scope = bytesField(1, bytesField(1, 'flux:notification-controller'));
  const scopeSpans = bytesField(2, scope, bytesField(2, span(event, alert, now)));
  const schema = bytesField(3, 'https://opentelemetry.io/schemas/1.34.0');
  return bytesField(1, resource, scopeSpans, schema);
}

const kindInternal = 1;
const statusOk = 1;
const statusError = 2;
/** Sampled, and known not to have come from elsewhere (SpanFlags). */
const flags = 0x301;

function span(event: NotificationEvent, alert: AlertRef, now: number): Buffer {
  const { kind, namespace, name, uid } = event.involvedObject;
  const about = { 'object.uid': uid, 'object.kind': kind, 'object.name': name, 'object.namespace': namespace };
  const start = Date.parse(event.timestamp);
  const isError = event.severity === 'error';
  return Buffer.concat([
    bytesField(1, traceId(alert.uid, revision(event))),
    bytesField(2, randomBytes(8)),
    bytesField(5, `${kind}: ${namespace}/${name}`),
    varintField(6, kindInternal),
    fixed64Field(7, nanoseconds(Number.isFinite(start) ? start : now)),
    fixed64Field(8, nanoseconds(now)),
    ...Object.entries(about).map(([key, value]) => attribute(9, key, value)),
    ...sortedMetadata(event).map(([key, value]) => attribute(9, key, value)),
    bytesField(
      15,
      ...(isError && event.message !== '' ? [bytesField(2, event.message)] : []),
      varintField(3, isError ? statusError : statusOk),
    ),
    fixed32Field(16, flags),
  ]);
}

function attribute(field: number, key: string, value: string): Buffer {
  return bytesField(field, bytesField(1, key), bytesField(2, bytesField(1, value)));
}

function traceId(alertUid: string, revisionText: string): Buffer {
  return createHash('sha256').update(`${alertUid}:${revisionText}`).digest().subarray(0, 16);
}

/** OCIRepositories tell of theirs in two parts. */
function revision({ metadata }: NotificationEvent): string {
  const { 'oci-digest': digest, 'app-version': version, [metadataKeys.revision]: plain = 'unknown' } = metadata;
  return digest !== undefined && version !== undefined ? `${version}@${digest}` : plain;
}

function nanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms)) * 1_000_000n;
}
