import type { CloudAuth } from '../../auth/cloud-auth.ts';
import type { Client } from '../../kube/client.ts';
import { configMapType } from '../../kube/config-map.ts';
import type { ObjectKey } from '../../kube/object.ts';
import { errorMessage, isAbort } from '../../lib/errors.ts';
import { isRecord } from '../../lib/json.ts';
import type { KeySources } from '../../sops/key-source.ts';
import { cloudKeySources } from '../../sops/keys/cloud-sources.ts';
import type { VaultSettings } from '../../sops/keys/hc-vault.ts';
import { parseYaml } from '../../yaml/parse.ts';
import type { DecryptingObject } from './decryption-keys.ts';

export interface KeyServicesOptions {
  readonly client: Client;
  readonly cloud: CloudAuth;
  /** Of the objects that decrypt. */
  readonly kind: 'Kustomization' | 'HelmRelease';
  /** Whether services are asked with identities, of accounts or the controller's, where the Secret has no credentials. */
  readonly usesIdentities: boolean;
  /** `--default-decryption-service-account`; empty for none. */
  readonly defaultServiceAccount: string;
  /** `--sops-vault-configmap`, in the controller's own namespace; undefined when there is none. */
  readonly vaultConfigMap: Required<ObjectKey> | undefined;
}

/** What in a Secret has the credentials for each service. */
const credentials = {
  hc_vault: 'sops.vault-token',
  kms: 'sops.aws-kms',
  gcp_kms: 'sops.gcp-kms',
  azure_kv: 'sops.azure-kv',
} as const satisfies Partial<Record<keyof KeySources, string>>;

/** Vault and the key services of clouds, as those that Kustomizations and HelmReleases may ask. */
export class KeyServices {
  readonly #options: KeyServicesOptions;

  constructor(options: KeyServicesOptions) {
    this.#options = options;
  }

  /**
   * The sources for an object: with the credentials of its Secret, else as `spec.decryption.serviceAccountName`, the
   * default account, or the controller itself, where identities are used. See {@link cloudKeySources} for `read`.
   */
  sources(
    { namespace, name, decryption }: DecryptingObject,
    entries: ReadonlyMap<string, Uint8Array>,
    read: <T>(entry: string, parse: () => T) => T,
  ): KeySources {
    const { cloud, kind, usesIdentities, defaultServiceAccount, vaultConfigMap } = this.#options;
    const own = decryption?.serviceAccountName ?? '';
    const account = own || defaultServiceAccount;
    const options = {
      cloud,
      vault: {
        settings: () => this.#vaultSettings(),
        loginPaths:
          vaultConfigMap === undefined ? undefined : (signal: AbortSignal) => this.#loginPaths(vaultConfigMap, signal),
      },
      identity: account === '' ? undefined : { namespace, name: account, isDefault: own === '' },
      // Who takes the controller's identity from tenants does not mean to leave them the node's.
      nodeIdentities: usesIdentities && defaultServiceAccount === '',
      involved: { kind, namespace, name },
    };
    const { hc_vault, kms, gcp_kms, azure_kv } = cloudKeySources(entries, options, read);
    const isThere = (service: keyof typeof credentials): boolean => usesIdentities || entries.has(credentials[service]);
    return {
      ...(isThere('hc_vault') ? { hc_vault } : {}),
      ...(isThere('kms') ? { kms } : {}),
      ...(isThere('gcp_kms') ? { gcp_kms } : {}),
      ...(isThere('azure_kv') ? { azure_kv } : {}),
    };
  }

  async #vaultSettings(): Promise<VaultSettings> {
    const { variables, read } = this.#options.cloud.environment;
    const file = variables['VAULT_CACERT'];
    return {
      namespace: variables['VAULT_NAMESPACE'],
      allowlist: variables['SOPS_HC_VAULT_ALLOWLIST'],
      ca: file ? await read(file) : undefined,
    };
  }

  async #loginPaths(key: Required<ObjectKey>, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const named = `Vault ConfigMap '${key.namespace}/${key.name}'`;
    let data: unknown;
    try {
      ({ data } = await this.#options.client.get(configMapType, key, { signal }));
    } catch (cause) {
      if (isAbort(cause)) throw cause;
      throw new Error(`failed to get ${named}: ${errorMessage(cause)}`, { cause });
    }
    const text = isRecord(data) ? data['config.yaml'] : undefined;
    if (typeof text !== 'string') throw new Error(`${named} is missing the 'config.yaml' key`);
    try {
      return loginPathsOf(parseYaml(text));
    } catch (cause) {
      throw new Error(`failed to parse 'config.yaml' in ${named}: ${errorMessage(cause)}`, { cause });
    }
  }
}

function loginPathsOf(config: unknown): ReadonlyMap<string, string> {
  const instances = isRecord(config) ? config['instances'] : undefined;
  if (!Array.isArray(instances)) throw new Error('expected a list of instances, each with address and loginPath');
  return new Map(
    instances.filter(isRecord).map(({ address, loginPath }) => [String(address ?? ''), String(loginPath ?? '')]),
  );
}
