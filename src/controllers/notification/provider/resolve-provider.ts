import type { Provider } from '../../../crds/notification/provider.ts';
import type { Client } from '../../../kube/client.ts';
import { readSecret, type SecretData, secretText } from '../../../kube/secret.ts';
import { parseDuration } from '../../../lib/duration.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { type HttpProxy, type HttpTls, strictTls } from '../../../net/http-agents.ts';
import { proxyOfSecret } from '../../../net/proxy-secret.ts';
import { tlsOfSecret } from '../../../net/tls-secret.ts';
import { readHeaders } from './headers.ts';
import { NotifyError } from './notifier.ts';
import { authOf, type SecretAuth } from './secret-auth.ts';
import type { ProviderSettings } from './settings.ts';
import { isCommitStatusType } from './types.ts';

export interface ResolveDeps {
  readonly client: Client;
  /** Feature gate ObjectLevelWorkloadIdentity. */
  readonly objectLevel: boolean;
}

interface NamedSecret {
  /** `namespace/name`. */
  readonly ref: string;
  readonly data: SecretData;
}

const maxAddressBytes = 2048;
const defaultTimeoutMs = 15_000;

/**
 * Reads what a Provider and its Secrets say, in upstream's order and words (internal/server/event_handlers.go,
 * createNotifier). Secrets are read anew each time: nothing keeps them. Throws {@link NotifyError}.
 */
export async function resolveProvider(
  object: Provider,
  { client, objectLevel }: ResolveDeps,
  signal: AbortSignal,
): Promise<ProviderSettings> {
  const { metadata, spec } = object;
  const { namespace, name, uid = '' } = metadata;
  const read = (named: { readonly name: string } | undefined): Promise<NamedSecret | undefined> =>
    named === undefined ? Promise.resolve(undefined) : getSecret(client, namespace, named.name, signal);
  const refusal = identityRefusal(object, objectLevel);
  if (refusal !== undefined) throw fault(refusal);
  const secret = await read(spec.secretRef);
  const { token, username, password, headers, proxyAddress } = secretPart(secret);
  const proxySecret = await read(spec.proxySecretRef);
  const certSecret = await read(spec.certSecretRef);
  const proxy = proxyOf(proxySecret, proxyAddress ?? spec.proxy);
  const tls = tlsFor(spec.type, certSecret, secret);
  return {
    type: spec.type,
    provider: { namespace, name, uid },
    address: secret?.data.has('address') === true ? secretText(secret.data, 'address').trim() : (spec.address ?? ''),
    channel: spec.channel ?? '',
    username: username ?? spec.username ?? '',
    password: password ?? '',
    token: token ?? '',
    headers,
    secretData: secret?.data ?? new Map(),
    ...(tls === undefined ? {} : { tls }),
    ...(proxy === undefined ? {} : { proxy }),
    serviceAccountName: spec.serviceAccountName ?? '',
    timeoutMs: timeoutOf(spec.timeout),
  };
}

/** Why a Provider may not be used as it is, in upstream's words: its identity needs a feature gate that is off. */
export function identityRefusal(
  { spec: { serviceAccountName = '' } }: Provider,
  objectLevel: boolean,
): string | undefined {
  if (serviceAccountName === '' || objectLevel) return undefined;
  return 'to use spec.serviceAccountName for provider authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller';
}

/** The schema lets durations through that are too long for anybody. */
function timeoutOf(text: string | undefined): number {
  if (text === undefined) return defaultTimeoutMs;
  try {
    return parseDuration(text);
  } catch (cause) {
    throw new NotifyError(`invalid spec.timeout: ${errorMessage(cause)}`, { permanent: true, cause });
  }
}

async function getSecret(client: Client, namespace: string, name: string, signal: AbortSignal): Promise<NamedSecret> {
  const ref = `${namespace}/${name}`;
  try {
    return { ref, data: await readSecret(client, { namespace, name }, signal) };
  } catch (cause) {
    signal.throwIfAborted();
    throw new NotifyError(`failed to get secret '${ref}': ${errorMessage(cause)}`, { permanent: false, cause });
  }
}

interface SecretPart extends SecretAuth {
  readonly headers: Readonly<Record<string, string>>;
  readonly proxyAddress?: string;
}

/** What the Secret says. One whose credentials contradict each other is as one without any (as in Flux). */
function secretPart(secret: NamedSecret | undefined): SecretPart {
  if (secret === undefined) return { headers: {} };
  const { ref, data } = secret;
  if ((data.get('address')?.length ?? 0) > maxAddressBytes) {
    throw fault(`invalid address in secret: address exceeds maximum length of ${maxAddressBytes} bytes`);
  }
  const proxyAddress = data.has('proxy') ? secretText(data, 'proxy').trim() : undefined;
  if (proxyAddress !== undefined && proxyAddress !== '' && !URL.canParse(proxyAddress)) {
    throw fault(`invalid 'proxy' in secret '${ref}'`);
  }
  return {
    headers: readHeaders(data),
    ...(proxyAddress === undefined ? {} : { proxyAddress }),
    ...credentialsOf(secret),
  };
}

function credentialsOf({ ref, data }: NamedSecret): SecretAuth {
  try {
    return authOf(data, ref);
  } catch {
    return {};
  }
}

function proxyOf(secret: NamedSecret | undefined, address: string | undefined): HttpProxy | undefined {
  if (secret === undefined) return address === undefined || address === '' ? undefined : { url: address };
  try {
    return proxyOfSecret(secret.data, `secret '${secret.ref}'`);
  } catch (cause) {
    throw new NotifyError(`failed to get proxy URL: ${errorMessage(cause)}`, { permanent: true, cause });
  }
}

/** TLS of its own Secret; types that set commit statuses may have it beside their credentials. */
function tlsFor(
  type: ProviderSettings['type'],
  certSecret: NamedSecret | undefined,
  secret: NamedSecret | undefined,
): HttpTls | undefined {
  try {
    if (certSecret !== undefined) return strictTls(tlsOfSecret(certSecret.data, certSecret.ref));
    if (!isCommitStatusType(type) || secret === undefined) return undefined;
    return authOf(secret.data, secret.ref).tls;
  } catch (cause) {
    throw new NotifyError(`failed to get TLS config: ${errorMessage(cause)}`, { permanent: true, cause });
  }
}

function fault(message: string): NotifyError {
  return new NotifyError(message, { permanent: true });
}
