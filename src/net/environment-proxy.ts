import type { EnvironmentProxy } from './http-agents.ts';

/** The proxies of an environment, in either spelling, as curl and Go read them. */
export function environmentProxy(env: Readonly<Record<string, string | undefined>>): EnvironmentProxy {
  return {
    http: env['HTTP_PROXY'] ?? env['http_proxy'],
    https: env['HTTPS_PROXY'] ?? env['https_proxy'],
    no: env['NO_PROXY'] ?? env['no_proxy'],
  };
}
