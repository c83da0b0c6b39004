import type { TokenIdentity } from '../../auth/access-tokens.ts';
import { AuthError } from '../../auth/auth-error.ts';
import type { CloudAuth } from '../../auth/cloud-auth.ts';
import { serviceAccountOf } from '../../auth/generic/provider.ts';
import { jsonOf } from '../../auth/http.ts';
import type { BearerToken } from '../../auth/token.ts';
import type { InvolvedObject } from '../../auth/token-cache.ts';
import { sha256Hex } from '../../lib/hash.ts';
import { type VaultSettings, vaultHeaders, vaultUrl } from './hc-vault.ts';

export interface VaultLogin {
  readonly cloud: CloudAuth;
  readonly settings: () => Promise<VaultSettings>;
  /** As whom; the controller itself when absent. */
  readonly identity: TokenIdentity | undefined;
  readonly involved: InvolvedObject;
}

/**
 * A token of a Vault server for the token of a ServiceAccount, whose audience is the server's address. The role is
 * `<namespace>_<name>` of the account (kustomize-controller internal/decryptor, vaultLogin). `loginPath` is the
 * operator's, for example `auth/kubernetes/login`. Throws AuthError.
 */
export async function vaultLogin(
  { cloud, settings, identity, involved }: VaultLogin,
  { address, loginPath, fresh }: { readonly address: string; readonly loginPath: string; readonly fresh: boolean },
  signal: AbortSignal,
): Promise<BearerToken> {
  const { http, tokens, generic, cache, now } = cloud;
  const own = await tokens.get(generic, { identity, audiences: [address], involved }, signal);
  const account = serviceAccountOf(own.token);
  const role = `${account.namespace}_${account.name}`;
  const key = sha256Hex(JSON.stringify(['vault', address, loginPath, role]));
  if (fresh) cache.delete(key);
  return cache.getOrFetch(key, signal, async (shared) => {
    const { ca, ...rest } = await settings();
    const reply = await http.call({
      method: 'PUT',
      url: vaultUrl(
        address,
        loginPath.split('/').filter((part) => part !== ''),
      ),
      headers: vaultHeaders(rest),
      body: JSON.stringify({ role, jwt: own.token }),
      reach: 'fixed',
      secrets: [own.token],
      ...(ca === undefined ? {} : { ca }),
      signal: shared,
    });
    const what = `failed to authenticate with Vault '${address}' at login path '${loginPath}' as role '${role}'`;
    const { auth } = jsonOf(reply, what, [own.token]);
    const { client_token: token, lease_duration: seconds } = (auth ?? {}) as {
      readonly client_token?: unknown;
      readonly lease_duration?: unknown;
    };
    if (typeof token === 'string' && token !== '') return { token, expiresAt: now() + Number(seconds ?? 0) * 1000 };
    throw new AuthError(`Vault '${address}' returned no token for login at '${loginPath}' as role '${role}'`);
  });
}
