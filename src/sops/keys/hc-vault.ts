import { type AuthHttp, type HttpReply, jsonOf } from '../../auth/http.ts';
import { errorMessage, isAbort } from '../../lib/errors.ts';
import type { KeySource } from '../key-source.ts';

/** What the environment says of all Vault servers, by HashiCorp's names. */
export interface VaultSettings {
  /** `VAULT_NAMESPACE`. */
  readonly namespace?: string | undefined;
  /** PEM of the authority to trust beside the system's: what `VAULT_CACERT` names. */
  readonly ca?: string | undefined;
  /** `SOPS_HC_VAULT_ALLOWLIST`: `all`, `none`, or addresses, separated by commas. */
  readonly allowlist?: string | undefined;
}

/** A token for one server. */
export interface VaultAccess {
  readonly token: string;
  /** The operator named the server, so that it may be one of the machine's own. */
  readonly trusted: boolean;
  /** Another can be had when this one is refused. */
  readonly renewable: boolean;
}

export interface VaultOptions {
  readonly http: AuthHttp;
  readonly settings: () => Promise<VaultSettings>;
  /** Throws an Error that tells why there is no token for a server. `refused`: the last one was. */
  access(address: string, signal: AbortSignal, refused?: boolean): Promise<VaultAccess>;
}

/**
 * Decrypts with the transit engine of HashiCorp Vault or OpenBao (getsops/sops hcvault/keysource.go). The address comes
 * from the encrypted file: the machine's own services cannot be reached by it, unless the operator lists the server.
 *
 * https://developer.hashicorp.com/vault/api-docs/secret/transit#decrypt-data
 */
export function vaultKeySource(options: VaultOptions): KeySource<'hc_vault'> {
  return {
    kind: 'hc_vault',
    async decrypt({ vaultAddress, enginePath, keyName, enc }, signal) {
      const settings = await options.settings();
      if (!isAllowed(vaultAddress, settings.allowlist ?? 'all')) {
        throw new Error(`Allowlist does not allow ${vaultAddress}`);
      }
      const path = [...enginePath.split('/'), 'decrypt', keyName].filter((part) => part !== '');
      try {
        let access = await options.access(vaultAddress, signal);
        const call = { address: vaultAddress, path, enc, signal, settings };
        let reply = await decrypt(options.http, { ...call, access });
        if (reply.status === 403 && access.renewable) {
          access = await options.access(vaultAddress, signal, true);
          reply = await decrypt(options.http, { ...call, access });
        }
        const { data } = jsonOf(reply, 'Vault', [access.token]);
        const plaintext = (data as { plaintext?: unknown } | undefined)?.plaintext;
        if (typeof plaintext !== 'string') throw new Error('no decrypted data');
        return Buffer.from(plaintext, 'base64');
      } catch (cause) {
        if (isAbort(cause)) throw cause;
        const what = `failed to decrypt sops data key from Vault transit backend '${path.join('/')}'`;
        throw new Error(`${what}: ${errorMessage(cause)}`, { cause });
      }
    },
  };
}

interface DecryptCall {
  readonly address: string;
  readonly path: readonly string[];
  readonly enc: string;
  readonly access: VaultAccess;
  readonly settings: VaultSettings;
  readonly signal: AbortSignal;
}

function decrypt(http: AuthHttp, call: DecryptCall): Promise<HttpReply> {
  const { address, path, enc, access, settings, signal } = call;
  return http.call({
    method: 'PUT',
    url: vaultUrl(address, path),
    headers: { ...vaultHeaders(settings), 'x-vault-token': access.token },
    body: JSON.stringify({ ciphertext: enc }),
    reach: access.trusted ? 'fixed' : 'user',
    secrets: [access.token],
    ...(settings.ca === undefined ? {} : { ca: settings.ca }),
    signal,
  });
}

/** The headers of every call to Vault. */
export function vaultHeaders({ namespace }: VaultSettings): Readonly<Record<string, string>> {
  return {
    'content-type': 'application/json',
    'x-vault-request': 'true',
    ...(namespace ? { 'x-vault-namespace': namespace } : {}),
  };
}

/** The URL of a path of Vault's API. Throws an Error for parts that would make it another path. */
export function vaultUrl(address: string, path: readonly string[]): string {
  if (path.some((part) => /^\.{1,2}$/.test(part))) throw new Error(`'${path.join('/')}' is no path of Vault`);
  return `${address.replace(/\/+$/, '')}/v1/${path.map(encodeURIComponent).join('/')}`;
}

function isAllowed(address: string, allowlist: string): boolean {
  if (allowlist === 'all' || allowlist === '') return true;
  if (allowlist === 'none') return false;
  const slashed = (text: string): string => (text.endsWith('/') ? text : `${text}/`);
  return allowlist.split(',').some((allowed) => slashed(address).startsWith(slashed(allowed.trim())));
}
