import { metadataServices } from '../../auth/address-guard.ts';
import type { InvolvedObject } from '../../auth/token-cache.ts';
import { withDeadline } from '../../lib/async.ts';
import { sha256Hex } from '../../lib/hash.ts';
import type { Client } from '../client.ts';
import type { Connection } from '../connection.ts';
import type { ClosableClient } from '../http-client.ts';
import { impersonateServiceAccount } from '../impersonate.ts';
import { connectionFromKubeconfig, type KubeconfigTrust } from '../kubeconfig.ts';
import { KubeconfigError } from '../kubeconfig-error.ts';
import { AccountViews } from './account-views.ts';
import { ClientPool, type ClientPoolOptions, type Hold } from './client-pool.ts';
import { type KubeconfigSecretRef, kubeconfigFromSecret } from './kubeconfig-secret.ts';

/** Which cluster objects are written to, and as whom: what a spec says of it. */
export interface TargetRequest {
  /** Of the object whose spec it is: its Secrets, ConfigMaps and ServiceAccounts are there. */
  readonly namespace: string;
  /** `spec.serviceAccountName`; an account of the target cluster. */
  readonly serviceAccountName?: string | undefined;
  /** `spec.kubeConfig`; the controller's own cluster when absent. */
  readonly kubeConfig?: KubeConfigReference | undefined;
  /** Whom metrics count tokens for. */
  readonly involved?: InvolvedObject;
}

/** `meta.KubeConfigReference`: exactly one of both. */
export interface KubeConfigReference {
  readonly secretRef?: KubeconfigSecretRef;
  readonly configMapRef?: { readonly name: string };
}

/** As plain data, which cluster and whose view of it: equal for those who see the same. */
export interface TargetIdentity {
  /** '' for the controller's own cluster, else a digest of how it is reached: other credentials are another one. */
  readonly cluster: string;
  /** The user that is impersonated; absent for the connection's own. */
  readonly user?: string;
}

/** For all that must be asked to know where a cluster is, and to get a token for it. */
const describeMs = 60_000;

/** A cluster to write to. */
export interface TargetCluster {
  readonly identity: TargetIdentity;
  /** Acts as the account that was asked for. The same client for the same identity, while somebody holds it. */
  readonly client: Client;
  /** Acts as the connection's own identity. */
  readonly base: Client;
  /** Aborted when the client is closed, which does not happen while it is held. */
  readonly closed: AbortSignal;
  /** Keeps the client open until it is released. */
  hold(): Hold;
}

/** A target with a hold on it, which ends with the target's disposal. */
export type HeldTarget = TargetCluster & Disposable;

/** What connects to the cluster that a ConfigMap describes, and what equal connections have in common. */
export type ConfigMapConnector = (
  request: { readonly namespace: string; readonly name: string; readonly involved?: InvolvedObject | undefined },
  signal: AbortSignal,
) => Promise<{ readonly key: string; readonly connection: Connection }>;

export interface TargetClustersOptions extends ClientPoolOptions {
  /** The controller's own cluster. */
  readonly own: Client;
  connect(connection: Connection): ClosableClient;
  /** `--default-service-account`; empty for none. */
  readonly defaultServiceAccount: string;
  /** What kubeconfigs of users may ask for. */
  readonly trust: KubeconfigTrust;
  /** For `spec.kubeConfig.configMapRef`. */
  readonly connectByConfigMap: ConfigMapConnector;
}

/**
 * The clusters that objects ask to be written to, and the identities there: one client for each connection, shared by
 * all who use the same one, opened when wanted and closed when unused (fluxcd/pkg runtime/client/impersonator.go).
 */
export class TargetClusters {
  readonly #options: TargetClustersOptions;
  readonly #pool: ClientPool;
  readonly #accounts: AccountViews;

  constructor(options: TargetClustersOptions) {
    this.#options = options;
    this.#pool = new ClientPool(options);
    this.#accounts = new AccountViews(options.own);
  }

  /** The account that is acted as; undefined for the connection's own identity. */
  accountOf({ serviceAccountName }: TargetRequest): string | undefined {
    const name = serviceAccountName || this.#options.defaultServiceAccount;
    return name === '' ? undefined : name;
  }

  /**
   * The target of an object, held until it is disposed of. Throws an Error whose message tells why there is none: a
   * KubeconfigError, or what the cloud provider or the API server said.
   */
  async acquire(request: TargetRequest, signal: AbortSignal): Promise<HeldTarget> {
    const account = this.accountOf(request);
    const { namespace, kubeConfig, involved } = request;
    if (kubeConfig === undefined) return this.#ownCluster(namespace, account);
    const deadline = withDeadline(signal, describeMs);
    const { key, connection } = await this.#connectionOf(namespace, kubeConfig, involved, deadline);
    const { pooled, hold } = await this.#pool.acquire(key, async () =>
      this.#options.connect(guarded(await connection())),
    );
    return {
      identity: { cluster: key, ...userOf(namespace, account) },
      client: account === undefined ? pooled.client : pooled.as(namespace, account),
      base: pooled.client,
      closed: pooled.closed,
      hold: () => pooled.hold(),
      [Symbol.dispose]: hold.release,
    };
  }

  /** Closes the connections to other clusters. */
  async close(): Promise<void> {
    await this.#pool.close();
  }

  #ownCluster(namespace: string, account: string | undefined): HeldTarget {
    const { own } = this.#options;
    const client = account === undefined ? own : this.#accounts.as(namespace, account);
    return {
      identity: { cluster: '', ...userOf(namespace, account) },
      client,
      base: own,
      closed: never,
      hold: () => ({ release() {}, [Symbol.dispose]() {} }),
      [Symbol.dispose]() {},
    };
  }

  async #connectionOf(
    namespace: string,
    { secretRef, configMapRef }: KubeConfigReference,
    involved: InvolvedObject | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly key: string; connection(): Promise<Connection> }> {
    if (configMapRef !== undefined) {
      const { key, connection } = await this.#options.connectByConfigMap(
        { namespace, name: configMapRef.name, involved },
        signal,
      );
      return { key: sha256Hex(`config\n${key}`), connection: async () => connection };
    }
    if (secretRef === undefined) {
      throw new KubeconfigError(
        'invalid .spec.kubeConfig, neither .spec.kubeConfig.configMapRef nor .spec.kubeConfig.secretRef is set',
      );
    }
    const text = await kubeconfigFromSecret(this.#options.own, namespace, secretRef, signal);
    return { key: sha256Hex(`secret\n${text}`), connection: () => this.#connectionFrom(text, namespace, secretRef) };
  }

  async #connectionFrom(text: string, namespace: string, { name }: KubeconfigSecretRef): Promise<Connection> {
    try {
      return await connectionFromKubeconfig(text, this.#options.trust);
    } catch (cause) {
      if (!(cause instanceof KubeconfigError)) throw cause;
      throw new KubeconfigError(`KubeConfig secret '${namespace}/${name}': ${cause.message}`, { cause });
    }
  }
}

/**
 * The connection, kept away from the metadata services of clouds: the address is a user's, and what answers there takes
 * the controller's node for who asks. Throws KubeconfigError.
 */
function guarded(connection: Connection): Connection {
  for (const url of [connection.server, connection.proxyUrl]) {
    const refusal =
      url === undefined || !URL.canParse(url) ? undefined : metadataServices.refusal(new URL(url).hostname);
    if (refusal !== undefined) throw new KubeconfigError(refusal);
  }
  return { ...connection, lookup: metadataServices.lookup };
}

/** A signal that nobody aborts. */
const never = new AbortController().signal;

function userOf(namespace: string, account: string | undefined): Pick<TargetIdentity, 'user'> {
  return account === undefined ? {} : { user: impersonateServiceAccount(namespace, account).user };
}
