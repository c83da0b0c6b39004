import { AuthError } from '../../../auth/auth-error.ts';
import { githubAppOf, installationToken } from '../../../auth/github/app.ts';
import { errorMessage } from '../../../lib/errors.ts';
import type { NotifierDeps } from './create-notifier.ts';
import { NotifyError } from './notifier.ts';
import { routeOf } from './secrets-of.ts';
import { involvedOf, type ProviderSettings } from './settings.ts';

/** Who we are at GitHub. */
interface GithubCredentials {
  readonly token: string;
  /** Of the App whose token it is, where comments need to be found again. */
  readonly slug?: string;
}

/**
 * The token of the Secret (a password is taken for one), or else one of the GitHub App that it describes, kept until it
 * expires. Throws NotifyError.
 */
export function githubCredentials(
  settings: ProviderSettings,
  deps: NotifierDeps,
): (signal: AbortSignal) => Promise<GithubCredentials> {
  const token = settings.token || settings.password;
  if (token !== '') return () => Promise.resolve({ token });
  if (!settings.secretData.has('githubAppID')) {
    throw new NotifyError('github token or github app details must be specified', { permanent: true });
  }
  const app = permanently(() => githubAppOf(settings.secretData));
  const withSlug = settings.type === 'githubpullrequestcomment';
  const route = routeOf(settings);
  const http = {
    call: (method: 'GET' | 'POST', url: string, headers: Readonly<Record<string, string>>, signal: AbortSignal) =>
      deps.http.send({ method, url, headers, whole: true }, route, signal),
  };
  const key = `github-app ${withSlug} ${app.fingerprint}`;
  return async (signal) => {
    try {
      return await deps.cloud.cache.getOrFetch(
        key,
        signal,
        (shared) => installationToken(app, { http, now: () => deps.clock.now(), withSlug }, shared),
        involvedOf(settings),
      );
    } catch (cause) {
      if (!(cause instanceof AuthError)) throw cause;
      throw new NotifyError(cause.message, { permanent: false, cause });
    }
  };
}

function permanently<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    throw new NotifyError(errorMessage(cause), { permanent: true, cause });
  }
}
