import type { Route } from './http.ts';
import type { ProviderSettings } from './settings.ts';

/** Entries of a Provider's Secret that are no secrets. */
const open: readonly string[] = [
  'username',
  'ca.crt',
  'caFile',
  'tls.crt',
  'certFile',
  'githubAppID',
  'githubAppInstallationID',
  'githubAppInstallationOwner',
  'githubAppBaseURL',
];

/** What is shorter guards nothing, and stands in every other word. */
const minLength = 4;

/** How the service of a Provider is reached, and all that must not show in messages about it. */
export function routeOf(settings: ProviderSettings): Route {
  const { tls, proxy } = settings;
  return { tls, proxy, secrets: secretsOf(settings) };
}

/** The route with one more secret, such as a token that was got for it. */
export function withSecret(route: Route, secret: string): Route {
  return secret.length < minLength ? route : { ...route, secrets: [...route.secrets, secret] };
}

function secretsOf({ address, password, token, headers, secretData, proxy }: ProviderSettings): readonly string[] {
  const entries = [...secretData].filter(([name]) => !open.includes(name)).map(([, value]) => value.toString('utf8'));
  const texts = [password, token, ...Object.values(headers), ...entries, proxy?.password ?? '', ...partsOf(address)];
  return [...new Set(texts)].filter((text) => text.length >= minLength);
}

/** Webhooks carry their tokens in the path or the query. Short parts are words, such as `api`. */
function partsOf(address: string): readonly string[] {
  if (!URL.canParse(address)) return [];
  const { pathname, search, searchParams, username, password } = new URL(address);
  const parts = [...pathname.split('/'), ...searchParams.values()].filter((part) => part.length >= 12);
  return [password, username, ...(parts.length === 0 ? [] : [pathname + search, ...parts])];
}
