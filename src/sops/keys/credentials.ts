import { keysOf } from '../../auth/aws/default-credentials.ts';
import { knownAuthority, publicCloud } from '../../auth/azure/clouds.ts';
import type { EntraClient } from '../../auth/azure/entra.ts';
import { parseKey } from '../../auth/gcp/oauth.ts';
import type { AwsCredentials } from '../../auth/token.ts';
import { isRecord } from '../../lib/json.ts';
import { parseYaml } from '../../yaml/parse.ts';

/** By what Azure is asked: as an application, or as a managed identity of the node. */
export type AzureIdentity = EntraClient | { readonly managedIdentity: string };

/** `sops.aws-kms`: YAML with the keys of an AWS account. Throws an Error that shows nothing of it. */
export function parseAwsKeys(text: string): AwsCredentials {
  const { aws_access_key_id: id, aws_secret_access_key: secret, aws_session_token: session } = yamlFields(text, 'AWS');
  const keys = keysOf(id, secret, session);
  if (keys === undefined) throw new Error('invalid data: requires aws_access_key_id and aws_secret_access_key');
  return keys;
}

/**
 * `sops.azure-kv`: YAML or JSON with an application and its secret or certificate, or the client ID of a managed
 * identity; also as UTF-16, which PowerShell writes (kustomize-controller internal/sops/azkv/config.go). Throws an Error
 * that shows nothing of it.
 */
export function parseAzureIdentity(bytes: Uint8Array): AzureIdentity {
  const given = yamlFields(decode(bytes), 'Azure');
  const { tenantId, clientId, clientSecret, clientCertificate, tenant, appId, password } = given;
  const authorityHost = given['authorityHost'] ? knownAuthority(given['authorityHost']) : publicCloud.authorityHost;
  if (tenantId && clientId && clientSecret)
    return { authorityHost, tenantId, clientId, proof: { secret: clientSecret } };
  if (tenantId && clientId && clientCertificate) {
    const sendChain = given['clientCertificateSendChain'] === 'true';
    const proof = { certificate: clientCertificate, password: given['clientCertificatePassword'], sendChain };
    return { authorityHost, tenantId, clientId, proof };
  }
  // What `az ad sp create-for-rbac` prints.
  if (tenant && appId && password)
    return { authorityHost, tenantId: tenant, clientId: appId, proof: { secret: password } };
  if (clientId) return { managedIdentity: clientId };
  throw new Error(
    "invalid data: requires a 'clientId' field, a combination of 'tenantId', 'clientId' and 'clientSecret', or 'tenantId', 'clientId' and 'clientCertificate'",
  );
}

/** `sops.gcp-kms`: the JSON key of a service account or a user. Throws an Error that shows nothing of it. */
export function parseGcpKey(text: string): Readonly<Record<string, unknown>> {
  const key = parseKey(text);
  if (key['type'] === 'service_account' || key['type'] === 'authorized_user') return key;
  throw new Error('credentials of this type are not allowed here; expected service_account or authorized_user');
}

type Fields = Readonly<Record<string, string | undefined>>;

function yamlFields(text: string, cloud: string): Fields {
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch {
    // The parser's message would quote a line of it.
  }
  if (!isRecord(value)) throw new Error(`failed to unmarshal ${cloud} credentials file`);
  const scalars = Object.entries(value).filter(([, field]) => ['string', 'number', 'boolean'].includes(typeof field));
  return Object.fromEntries(scalars.map(([name, field]) => [name, String(field)]));
}

/** The text behind a byte order mark. */
function decode(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  return new TextDecoder().decode(bytes);
}
