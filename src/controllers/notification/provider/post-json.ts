import type { NotifierDeps } from './create-notifier.ts';
import { goJson } from './go-json.ts';
import type { NotifierReply } from './http.ts';
import { NotifyError } from './notifier.ts';
import { routeOf } from './secrets-of.ts';
import type { ProviderSettings } from './settings.ts';

/** Posts JSON to a URL; throws NotifyError unless that is a success. Gives the answer. */
export type PostJson = (
  url: string,
  payload: unknown,
  signal: AbortSignal,
  headers?: Readonly<Record<string, string>>,
) => Promise<NotifierReply>;

/**
 * A {@link PostJson} by the way that the settings describe, in upstream's words when it fails (client.go, postMessage). For
 * `whole` see NotifierRequest.
 */
export function jsonPoster(settings: ProviderSettings, { http }: NotifierDeps, whole = false): PostJson {
  const route = routeOf(settings);
  return (url, payload, signal, headers = {}) =>
    within(
      'postMessage failed',
      http.succeed(
        {
          method: 'POST',
          url,
          headers: { 'content-type': 'application/json', ...headers },
          body: goJson(payload),
          whole,
        },
        route,
        signal,
      ),
    );
}

/** Says what was tried before what went wrong. */
export async function within<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof NotifyError)) throw error;
    const { permanent, retryAfterMs, unanswered } = error;
    throw new NotifyError(`${what}: ${error.message}`, { permanent, retryAfterMs, unanswered, cause: error.cause });
  }
}
