import { isRecord } from '../../../lib/json.ts';
import type { NotifierDeps } from './create-notifier.ts';
import { goJson } from './go-json.ts';
import { excerpt, type NotifierReply, type NotifierRequest, type Route } from './http.ts';
import { NotifyError } from './notifier.ts';
import { within } from './post-json.ts';

/** A service that speaks JSON over HTTP. */
export interface JsonApiOptions {
  readonly http: NotifierDeps['http'];
  readonly route: Route;
  /** Before all paths, without a slash at its end. */
  readonly base: string;
  /** Of all requests. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A call of a {@link JsonApi}. */
export interface ApiCall {
  readonly method: NotifierRequest['method'];
  /** Encoded, with its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** How the message begins when it fails: `could not list commit statuses`. */
  readonly otherwise: string;
  /** Statuses beside those of success that are no failure. */
  readonly alsoFine?: readonly number[];
  /** See {@link NotifierRequest}. */
  readonly once?: boolean;
}

/** Calls a service's API. */
export class JsonApi {
  readonly #options: JsonApiOptions;

  constructor(options: JsonApiOptions) {
    this.#options = options;
  }

  /** The answer's JSON; undefined when it has none, or its status is one of `alsoFine`. Throws NotifyError. */
  async call(call: ApiCall, signal: AbortSignal): Promise<unknown> {
    const { http, route, base, headers } = this.#options;
    const { method, path, body, otherwise, alsoFine = [], once = false } = call;
    const sent = {
      ...headers,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...call.headers,
    };
    const request = {
      method,
      url: `${base}${path}`,
      headers: sent,
      once,
      whole: true,
      ...(body === undefined ? {} : { body: goJson(body) }),
    };
    const reply = await within(otherwise, http.send(request, route, signal));
    if (alsoFine.includes(reply.status)) return undefined;
    if (reply.status < 200 || reply.status > 299) throw failure(otherwise, reply, http.refusal(reply, route), route);
    return parsed(reply.body, otherwise);
  }

  /** As {@link call}, for an answer that is a list; what is no object in it is left out. */
  async list(call: ApiCall, signal: AbortSignal): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const answer = await this.call(call, signal);
    return Array.isArray(answer) ? answer.filter(isRecord) : [];
  }
}

function parsed(text: string, otherwise: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new NotifyError(`${otherwise}: the answer is not JSON`, { permanent: false });
  }
}

/** What the service says is wrong: the message in its JSON, or else the beginning of its text. */
function failure(
  otherwise: string,
  reply: NotifierReply,
  { permanent, retryAfterMs }: NotifyError,
  { secrets }: Route,
): NotifyError {
  const said = excerpt(messageIn(reply.body), secrets);
  return new NotifyError(`${otherwise}: ${reply.status}${said === '' ? '' : ` ${said}`}`, { permanent, retryAfterMs });
}

function messageIn(body: string): string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return body;
  }
  if (!isRecord(value)) return body;
  const { message, error, errors } = value;
  const text = isRecord(error)
    ? error['message']
    : (message ?? error ?? (Array.isArray(errors) ? errors[0] : undefined));
  if (typeof text === 'string') return text;
  return Object.keys(value).length === 0 ? '' : body;
}
