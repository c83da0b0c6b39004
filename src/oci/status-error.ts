import { STATUS_CODES } from 'node:http';
import { isRecord } from '../lib/json.ts';
import { redact } from '../lib/redact.ts';
import { OciError, type OciErrorCode } from './oci-error.ts';

/** A request that was answered with a status other than the wanted one. */
export interface FailedRequest {
  readonly method: string;
  readonly url: URL;
  readonly status: number;
  /** The beginning of the body. */
  readonly body: string;
  readonly secrets: readonly string[];
  /** What `Retry-After` asks for. */
  readonly retryAfterMs?: number | undefined;
}

const maxText = 500;
const shownParameters = new Set(['scope', 'service', 'n', 'last']);

/**
 * The error for an answer that is no success, in the words of go-containerregistry (pkg/v1/remote/transport/error.go):
 * what the registry says itself where it speaks the distribution API's JSON, else the status and the body.
 */
export function statusError({ method, url, status, body, secrets, retryAfterMs }: FailedRequest): OciError {
  const told = redact(reasonOf(method, status, body), secrets);
  return new OciError(codeOf(status), `${method} ${displayUrl(url)}: ${told}`, { status, retryAfterMs });
}

/** The URL without credentials; of its query only what tells what was asked for. */
export function displayUrl(url: URL): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  for (const name of shown.searchParams.keys()) {
    if (!shownParameters.has(name)) shown.searchParams.set(name, 'REDACTED');
  }
  return shown.href;
}

function codeOf(status: number): OciErrorCode {
  switch (status) {
    case 401:
    case 403:
      return 'AuthenticationFailed';
    case 404:
    case 410:
      return 'NotFound';
    case 429:
      return 'TooManyRequests';
    default:
      return 'ServerError';
  }
}

function reasonOf(method: string, status: number, body: string): string {
  const told = diagnostics(body);
  const [only, ...more] = told;
  if (only !== undefined) return foreign(more.length === 0 ? only : `multiple errors returned: ${told.join('; ')}`);
  const name = STATUS_CODES[status];
  const what = `unexpected status code ${status}${name === undefined ? '' : ` ${name}`}`;
  if (body.trim() !== '') return `${what}: ${foreign(body)}`;
  return method === 'HEAD' ? `${what} (HEAD responses have no body, use GET for details)` : what;
}

/** `CODE: message; detail` for each error that the registry tells. */
function diagnostics(body: string): readonly string[] {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return [];
  }
  const errors = isRecord(value) ? value['errors'] : undefined;
  return (Array.isArray(errors) ? errors : []).filter(isRecord).map(({ code, message, detail }) => {
    const shown = `${goText(code ?? '')}: ${goText(message ?? '')}`;
    return detail === undefined || detail === null ? shown : `${shown}; ${goText(detail)}`;
  });
}

/** A JSON value as Go's `%v` shows it. */
function goText(value: unknown, depth = 0): string {
  if (typeof value !== 'object' || depth > 8) return String(value);
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return `[${value.map((item) => goText(item, depth + 1)).join(' ')}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, item]) => `${key}:${goText(item, depth + 1)}`).join(' ')}]`;
}

/** Text of a registry's, fit for a one-line message. */
function foreign(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').replaceAll(/\p{C}/gu, '').trim();
  return line.length > maxText ? `${line.slice(0, maxText)}...` : line;
}
