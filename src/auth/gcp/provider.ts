import { AuthError } from '../auth-error.ts';
import type { Provider, ServiceAccount } from '../provider.ts';
import type { BearerToken } from '../token.ts';
import { federatedToken } from './federation.ts';
import { type GcpDeps, MetadataServer } from './metadata-server.ts';
import { gcpScopes, keyToken, parseKey } from './oauth.ts';

const emailAnnotation = 'iam.gke.io/gcp-service-account';
const emailPattern = /^[a-zA-Z0-9-]{1,100}@[a-zA-Z0-9-]{1,100}\.iam\.gserviceaccount\.com$/;
const providerAnnotation = 'gcp.auth.fluxcd.io/workload-identity-provider';
const providerPattern =
  /^projects\/\d{1,30}\/locations\/global\/workloadIdentityPools\/[^/]{1,100}\/providers\/[^/]{1,100}$/;

/** GCP: tokens of the machine's identity, or of what a ServiceAccount is in a workload identity pool (fluxcd/pkg auth/gcp). */
export function gcpProvider(deps: GcpDeps): Provider<BearerToken> {
  const metadata = new MetadataServer(deps);
  return {
    name: 'gcp',
    async audiencesOf(account, signal) {
      return [poolProviderOf(account) ?? (await metadata.workloadIdentity(signal)).pool];
    },
    identityOf: (account) => emailOf(account) ?? '',
    controllerToken: async (_scope, signal) => defaultGcpToken(deps, metadata, signal),
    async accountToken(subjectToken, account, _scope, signal) {
      const audience = poolProviderOf(account) ?? (await gkeAudience(metadata, signal));
      return federatedToken(deps, { audience, subjectToken, email: emailOf(account) }, signal);
    },
  };
}

async function gkeAudience(metadata: MetadataServer, signal: AbortSignal): Promise<string> {
  const { pool, provider } = await metadata.workloadIdentity(signal);
  return `identitynamespace:${pool}:${provider}`;
}

function emailOf({ annotations }: ServiceAccount): string | undefined {
  return matching(annotations, emailAnnotation, emailPattern);
}

function poolProviderOf({ annotations }: ServiceAccount): string | undefined {
  const provider = matching(annotations, providerAnnotation, providerPattern);
  return provider === undefined ? undefined : `//iam.googleapis.com/${provider}`;
}

function matching(annotations: ServiceAccount['annotations'], name: string, pattern: RegExp): string | undefined {
  const value = annotations[name];
  if (value === undefined || value === '') return undefined;
  if (pattern.test(value)) return value;
  throw new AuthError(`invalid ${name} annotation: '${value}'. must match ${pattern.source}`);
}

/**
 * A token of the machine's identity: the file that GOOGLE_APPLICATION_CREDENTIALS names (a key, or the federation of a
 * token in a file), else the metadata server. Throws AuthError.
 */
async function defaultGcpToken(deps: GcpDeps, metadata: MetadataServer, signal: AbortSignal): Promise<BearerToken> {
  const { variables, read } = deps.environment;
  const path = variables['GOOGLE_APPLICATION_CREDENTIALS'];
  if (path === undefined || path === '') return metadata.token(gcpScopes, signal);
  const key = parseKey(await read(path));
  if (key['type'] !== 'external_account') return keyToken(deps, key, signal);
  const source = key['credential_source'] as Readonly<Record<string, unknown>> | undefined;
  const { audience, service_account_impersonation_url: impersonation } = key;
  const file = source?.['file'];
  if (typeof file !== 'string' || typeof audience !== 'string') {
    throw new AuthError('external_account credentials must name a credential_source.file and an audience');
  }
  const format = source?.['format'] as Readonly<Record<string, unknown>> | undefined;
  const text = (await read(file)).trim();
  const subjectToken =
    format?.['type'] === 'json' ? String(parseKey(text)[String(format['subject_token_field_name'])]) : text;
  const [, email] = /\/serviceAccounts\/([^/:]+):generateAccessToken$/.exec(String(impersonation ?? '')) ?? [];
  return federatedToken(deps, { audience, subjectToken, email }, signal);
}
