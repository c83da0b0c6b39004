import type { Credentials, TlsMaterial } from './connection.ts';

/** What {@link pluginCredentials} takes of a kubeconfig's entry. */
interface NamedBody {
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A plugin that has said nothing until then is not waited for. */
const pluginTimeoutMs = 60_000;

/**
 * Credentials by a kubeconfig's `exec` plugin or `auth-provider` (OIDC, cloud providers), as @kubernetes/client-node
 * runs them. That library is loaded here and nowhere else, because it costs 50 MB: only who has such a user pays.
 * It keeps a token until it expires, so it is asked before every request.
 */
export async function pluginCredentials(
  cluster: NamedBody,
  user: NamedBody,
  tls: () => TlsMaterial,
): Promise<{ readonly credentials: Credentials; tls(): TlsMaterial }> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const { name } = user;
  const make = (): InstanceType<typeof KubeConfig> => {
    const config = new KubeConfig();
    const { exec, 'auth-provider': authProvider } = user.body;
    // Nothing but the plugin: certificates and the like are ours already.
    config.loadFromString(
      JSON.stringify({
        clusters: [{ name, cluster: { server: cluster.body['server'] } }],
        users: [{ name, user: { exec, 'auth-provider': authProvider } }],
        contexts: [{ name, context: { cluster: name, user: name } }],
        'current-context': name,
      }),
    );
    return config;
  };
  let config = make();
  let own: Pick<TlsMaterial, 'cert' | 'key'> = {};
  let merged: { readonly from: TlsMaterial; readonly to: TlsMaterial } | undefined;
  const ask = async (): Promise<string | undefined> => {
    const options: { headers?: Record<string, unknown>; cert?: unknown; key?: unknown } = {};
    await withTimeout(config.applyToHTTPSOptions(options as never), name);
    const { cert, key } = options;
    if (typeof cert === 'string' && typeof key === 'string' && cert !== own.cert) {
      own = { cert, key };
      merged = undefined;
    }
    const authorization = options.headers?.['Authorization'];
    return typeof authorization === 'string' ? authorization : undefined;
  };
  await ask();
  return {
    credentials: {
      authorization: ask,
      renew() {
        config = make();
        return true;
      },
    },
    // The same object while neither changed, so that connections keep their connector.
    tls() {
      const from = tls();
      if (merged?.from !== from) merged = { from, to: { ...from, ...own } };
      return merged.to;
    },
  };
}

function withTimeout<T>(promise: Promise<T>, name: string): Promise<T> {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`the credential plugin of user ${JSON.stringify(name)} did not answer`)),
    pluginTimeoutMs,
  );
  return Promise.race([promise, timeout]).finally(() => clearTimeout(timer));
}
