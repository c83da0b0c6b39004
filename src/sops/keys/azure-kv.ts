import { type AuthHttp, jsonOf } from '../../auth/http.ts';
import type { BearerToken } from '../../auth/token.ts';
import { errorMessage, isAbort } from '../../lib/errors.ts';
import type { KeySource } from '../key-source.ts';

export interface AzureKeyVaultOptions {
  readonly http: AuthHttp;
  /** A token for a scope: `https://vault.azure.net/.default`. */
  token(scope: string, signal: AbortSignal): Promise<BearerToken>;
}

const apiVersion = '7.4';

/** Where vaults are. Tokens are sent to no other place, because the address comes from the encrypted file. */
const suffixes: readonly string[] = [
  'vault.azure.net',
  'vault.azure.cn',
  'vault.usgovcloudapi.net',
  'vault.microsoftazure.de',
  'managedhsm.azure.net',
  'managedhsm.azure.cn',
  'managedhsm.usgovcloudapi.net',
];

/**
 * Decrypts with Azure Key Vault, by RSA-OAEP-256 (getsops/sops azkv/keysource.go).
 *
 * https://learn.microsoft.com/en-us/rest/api/keyvault/keys/decrypt/decrypt
 */
export function azureKeyVaultKeySource({ http, token }: AzureKeyVaultOptions): KeySource<'azure_kv'> {
  return {
    kind: 'azure_kv',
    async decrypt({ vaultUrl, name, version, enc }, signal) {
      const { origin, suffix } = vaultOf(vaultUrl);
      try {
        const bearer = await token(`https://${suffix}/.default`, signal);
        const reply = await http.call({
          method: 'POST',
          url: `${origin}/keys/${segment(name)}/${segment(version)}/decrypt?api-version=${apiVersion}`,
          headers: { authorization: `Bearer ${bearer.token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ alg: 'RSA-OAEP-256', value: enc }),
          reach: 'fixed',
          secrets: [bearer.token],
          signal,
        });
        const { value } = jsonOf(reply, 'Key Vault', [bearer.token]);
        if (typeof value !== 'string') throw new Error('the answer has no value');
        return Buffer.from(value, 'base64url');
      } catch (cause) {
        if (isAbort(cause)) throw cause;
        const key = `${vaultUrl}/keys/${name}/${version}`;
        const what = `failed to decrypt sops data key with Azure Key Vault key '${key}'`;
        throw new Error(`${what}: ${errorMessage(cause)}`, { cause });
      }
    },
  };
}

function vaultOf(vaultUrl: string): { readonly origin: string; readonly suffix: string } {
  const url = URL.canParse(vaultUrl) ? new URL(vaultUrl) : undefined;
  const suffix = suffixes.find((known) => url?.hostname.endsWith(`.${known}`));
  if (url?.protocol === 'https:' && url.port === '' && suffix !== undefined) return { origin: url.origin, suffix };
  throw new Error(`'${vaultUrl}' is not the address of an Azure Key Vault`);
}

function segment(text: string): string {
  return encodeURIComponent(text).replace(/^\.+$/, '');
}
