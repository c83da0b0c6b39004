import type { TokenIdentity } from '../../auth/access-tokens.ts';
import { managedIdentityToken } from '../../auth/azure/default-credential.ts';
import { entraToken } from '../../auth/azure/entra.ts';
import type { CloudAuth } from '../../auth/cloud-auth.ts';
import { keyToken } from '../../auth/gcp/oauth.ts';
import type { InvolvedObject } from '../../auth/token-cache.ts';
import { sha256Hex } from '../../lib/hash.ts';
import type { KeySources } from '../key-source.ts';
import { awsKmsKeySource } from './aws-kms.ts';
import { azureKeyVaultKeySource } from './azure-kv.ts';
import { type AzureIdentity, parseAwsKeys, parseAzureIdentity, parseGcpKey } from './credentials.ts';
import { gcpKmsKeySource } from './gcp-kms.ts';
import { type VaultAccess, type VaultSettings, vaultKeySource } from './hc-vault.ts';
import { vaultLogin } from './vault-login.ts';

/** What the operator says of Vault. */
export interface VaultOperator {
  readonly settings: () => Promise<VaultSettings>;
  /** Login paths by the address of the server (`--sops-vault-configmap`); undefined where the operator gave none. */
  readonly loginPaths: ((signal: AbortSignal) => Promise<ReadonlyMap<string, string>>) | undefined;
}

export interface CloudSourcesOptions {
  readonly cloud: CloudAuth;
  readonly vault: VaultOperator;
  /** As whom clouds are asked where the Secret has no credentials; the controller itself when absent. */
  readonly identity: TokenIdentity | undefined;
  /** Whether Secrets may name managed identities of the node that the controller runs on. */
  readonly nodeIdentities: boolean;
  /** Whom metrics count tokens for. */
  readonly involved: Omit<InvolvedObject, 'operation'>;
}

type CloudSources = Required<Pick<KeySources, 'hc_vault' | 'kms' | 'gcp_kms' | 'azure_kv'>>;

/**
 * The key sources that are services, with the credentials of a decryption Secret where it has them (`sops.vault-token`,
 * `sops.aws-kms`, `sops.gcp-kms`, `sops.azure-kv`), else with the identity of the workload (kustomize-controller
 * internal/decryptor, ImportKeys and SetAuthOptions). `read` runs a parser of the entry that it names, to say in its
 * error which one it was.
 */
export function cloudKeySources(
  entries: ReadonlyMap<string, Uint8Array>,
  options: CloudSourcesOptions,
  read: <T>(entry: string, parse: () => T) => T,
): CloudSources {
  const entry = <T>(name: string, parse: (bytes: Uint8Array) => T): T | undefined => {
    const bytes = entries.get(name);
    return bytes === undefined ? undefined : read(name, () => parse(bytes));
  };
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return {
    hc_vault: vaultSource(
      entry('sops.vault-token', (bytes) => text(bytes).trim()),
      options,
    ),
    kms: awsSource(
      entry('sops.aws-kms', (bytes) => parseAwsKeys(text(bytes))),
      options,
    ),
    gcp_kms: gcpSource(
      entry('sops.gcp-kms', (bytes) => parseGcpKey(text(bytes))),
      options,
    ),
    azure_kv: azureSource(entry('sops.azure-kv', parseAzureIdentity), options),
  };
}

function awsSource(
  keys: ReturnType<typeof parseAwsKeys> | undefined,
  { cloud, identity, involved }: CloudSourcesOptions,
): CloudSources['kms'] {
  const { http, now, tokens, aws } = cloud;
  const counted = { ...involved, operation: 'decrypt_with_aws' };
  return awsKmsKeySource({
    http,
    now,
    credentials: async (region, signal) =>
      keys ?? (await tokens.get(aws, { identity, region, involved: counted }, signal)),
  });
}

function gcpSource(
  key: ReturnType<typeof parseGcpKey> | undefined,
  { cloud, identity, involved }: CloudSourcesOptions,
): CloudSources['gcp_kms'] {
  const { http, tokens, gcp, cache } = cloud;
  const counted = { ...involved, operation: 'decrypt_with_gcp' };
  return gcpKmsKeySource({
    http,
    token(signal) {
      if (key === undefined) return tokens.get(gcp, { identity, involved: counted }, signal);
      return cache.getOrFetch(digest('gcp', key), signal, (shared) => keyToken(cloud, key, shared), counted);
    },
  });
}

function azureSource(
  own: AzureIdentity | undefined,
  { cloud, identity, involved, nodeIdentities }: CloudSourcesOptions,
): CloudSources['azure_kv'] {
  const { http, tokens, azure, cache } = cloud;
  const counted = { ...involved, operation: 'decrypt_with_azure' };
  return azureKeyVaultKeySource({
    http,
    async token(scope, signal) {
      if (own === undefined) return tokens.get(azure, { identity, scopes: [scope], involved: counted }, signal);
      if ('managedIdentity' in own && !nodeIdentities) throw new Error('managed identities are not allowed here');
      const fetch = (shared: AbortSignal) =>
        'managedIdentity' in own
          ? managedIdentityToken(cloud, own.managedIdentity, scope, shared)
          : entraToken(cloud, own, scope, shared);
      return cache.getOrFetch(digest('azure', [own, scope]), signal, fetch, counted);
    },
  });
}

function vaultSource(
  token: string | undefined,
  { cloud, identity, involved, vault }: CloudSourcesOptions,
): CloudSources['hc_vault'] {
  const login = {
    cloud,
    settings: vault.settings,
    identity,
    involved: { ...involved, operation: 'decrypt_with_vault' },
  };
  const access = async (address: string, signal: AbortSignal, refused = false): Promise<VaultAccess> => {
    if (token !== undefined && token !== '') {
      // Without the operator's list, no server is trusted; the token works all the same.
      const known = await vault.loginPaths?.(signal).catch(() => undefined);
      return { token, trusted: known?.has(address) === true, renewable: false };
    }
    if (vault.loginPaths === undefined) {
      throw new Error('the decryption Secret has no sops.vault-token, and the controller no --sops-vault-configmap');
    }
    const loginPath = (await vault.loginPaths(signal)).get(address);
    if (loginPath === undefined) throw new Error(`no Vault login path configured for address '${address}'`);
    const { token: fetched } = await vaultLogin(login, { address, loginPath, fresh: refused }, signal);
    return { token: fetched, trusted: true, renewable: true };
  };
  return vaultKeySource({ http: cloud.http, settings: vault.settings, access });
}

function digest(cloud: string, credentials: unknown): string {
  return sha256Hex(JSON.stringify(['static', cloud, credentials]));
}
