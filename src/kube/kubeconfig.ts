import { readFile } from 'node:fs/promises';
import { delimiter, dirname, resolve } from 'node:path';
import { load } from 'js-yaml';
import { errorMessage } from '../lib/errors.ts';
import { isRecord } from '../lib/json.ts';
import { type Connection, type Credentials, noCredentials, staticCredentials, type TlsMaterial } from './connection.ts';
import { type InClusterOptions, inClusterConnection } from './in-cluster.ts';
import { KubeconfigError } from './kubeconfig-error.ts';
import { pluginCredentials } from './plugin-credentials.ts';
import { type TlsFiles, tlsFromFiles } from './tls-files.ts';
import { TokenFile } from './token-file.ts';

/** What a kubeconfig may ask for. All of it is fine in one's own; hardly any in one out of a tenant's Secret. */
export interface KubeconfigTrust {
  /** Run credential plugins (`exec`, `auth-provider`): programs of the kubeconfig's choosing. */
  readonly allowExec?: boolean;
  /** Read the files it names. */
  readonly allowFiles?: boolean;
  /** Honour `insecure-skip-tls-verify`. */
  readonly allowInsecureTls?: boolean;
}

/** Where to find the API server. */
export interface ConnectionOptions {
  /** A kubeconfig file, or several as `$KUBECONFIG` has them: the first to name something wins, missing ones are skipped. */
  readonly kubeconfig?: string | undefined;
  /** Default: `current-context`. */
  readonly context?: string | undefined;
  /** Use the pod's own ServiceAccount when no kubeconfig is given. */
  readonly inCluster?: boolean | InClusterOptions;
}

type Json = Readonly<Record<string, unknown>>;

/** An entry of a kubeconfig and the directory its relative paths start from. */
interface Entry {
  readonly name: string;
  readonly body: Json;
  readonly dir: string | undefined;
}

interface Kubeconfig {
  readonly clusters: ReadonlyMap<string, Entry>;
  readonly users: ReadonlyMap<string, Entry>;
  readonly contexts: ReadonlyMap<string, Entry>;
  readonly currentContext: string | undefined;
}

const maxKubeconfigBytes = 4 << 20;

/**
 * The connection of one's own: from kubeconfig files, with everything they may hold, or from inside the cluster.
 * Throws {@link KubeconfigError}.
 */
export async function loadConnection(options: ConnectionOptions): Promise<Connection> {
  const { kubeconfig, context, inCluster = false } = options;
  if (kubeconfig === undefined || kubeconfig === '') {
    if (inCluster === false) throw new KubeconfigError('neither a kubeconfig nor a cluster to run in was given');
    return inClusterConnection(inCluster === true ? {} : inCluster);
  }
  const parts: Kubeconfig[] = [];
  const paths = kubeconfig.split(delimiter).filter((path) => path !== '');
  for (const path of paths) {
    const text = await readKubeconfig(path, paths.length > 1);
    if (text !== undefined) parts.push(parseKubeconfig(text, dirname(resolve(path)), path));
  }
  if (parts.length === 0) throw new KubeconfigError(`no such kubeconfig: ${paths.join(', ')}`);
  return connectionOf(merge(parts), context, { allowExec: true, allowFiles: true, allowInsecureTls: true });
}

/**
 * The connection that a kubeconfig's text describes, trusted as `trust` says (by default not at all: nothing is run,
 * no file read, every certificate verified). Throws {@link KubeconfigError} on what is not allowed, rather than to go
 * on without it.
 */
export async function connectionFromKubeconfig(
  text: string,
  trust: KubeconfigTrust & { readonly context?: string } = {},
): Promise<Connection> {
  return connectionOf(parseKubeconfig(text, undefined, 'the kubeconfig'), trust.context, trust);
}

/** The server and the authority (PEM; '' for none) of the current context of a kubeconfig that others wrote. Throws {@link KubeconfigError}. */
export function kubeconfigServer(text: string): { readonly server: string; readonly ca: string } {
  const config = parseKubeconfig(text, undefined, 'the kubeconfig');
  const context = find(config.contexts, config.currentContext ?? '', 'context');
  const cluster = find(config.clusters, field(context, 'cluster') ?? '', 'cluster');
  const data = field(cluster, 'certificate-authority-data') ?? '';
  return { server: field(cluster, 'server') ?? '', ca: Buffer.from(data, 'base64').toString('utf8') };
}

async function readKubeconfig(path: string, optional: boolean): Promise<string | undefined> {
  try {
    const bytes = await readFile(path);
    if (bytes.length > maxKubeconfigBytes) throw new Error(`larger than ${maxKubeconfigBytes} bytes`);
    return bytes.toString('utf8');
  } catch (cause) {
    if (optional && (cause as { code?: unknown }).code === 'ENOENT') return undefined;
    throw new KubeconfigError(`cannot read the kubeconfig ${path}: ${errorMessage(cause)}`, { cause });
  }
}

function parseKubeconfig(text: string, dir: string | undefined, source: string): Kubeconfig {
  let document: unknown;
  try {
    document = load(text);
  } catch {
    // A parser's message quotes the line, and the line may hold a token.
    throw new KubeconfigError(`${source} is not valid YAML`);
  }
  if (!isRecord(document)) throw new KubeconfigError(`${source} is no kubeconfig`);
  const entries = (list: string, member: string): ReadonlyMap<string, Entry> => {
    const named = new Map<string, Entry>();
    for (const item of Array.isArray(document[list]) ? document[list].filter(isRecord) : []) {
      const name = String(item['name'] ?? '');
      const body = isRecord(item[member]) ? item[member] : {};
      // Of a name that comes twice, the first counts.
      if (!named.has(name)) named.set(name, { name, body, dir });
    }
    return named;
  };
  return {
    clusters: entries('clusters', 'cluster'),
    users: entries('users', 'user'),
    contexts: entries('contexts', 'context'),
    currentContext: field({ name: '', body: document, dir }, 'current-context'),
  };
}

function merge(parts: readonly Kubeconfig[]): Kubeconfig {
  const all = (list: 'clusters' | 'users' | 'contexts'): Map<string, Entry> =>
    new Map(parts.toReversed().flatMap((part) => [...part[list]]));
  return {
    clusters: all('clusters'),
    users: all('users'),
    contexts: all('contexts'),
    currentContext: parts.find((part) => part.currentContext !== undefined)?.currentContext,
  };
}

async function connectionOf(
  config: Kubeconfig,
  wanted: string | undefined,
  trust: KubeconfigTrust,
): Promise<Connection> {
  const name = wanted ?? config.currentContext;
  if (name === undefined) throw new KubeconfigError('the kubeconfig has no current-context');
  const context = find(config.contexts, name, 'context');
  const cluster = find(config.clusters, field(context, 'cluster') ?? '', 'cluster');
  const userName = field(context, 'user');
  const user = userName === undefined ? undefined : find(config.users, userName, 'user');
  const server = field(cluster, 'server');
  if (server === undefined || !/^https?:\/\/[^/]/.test(server)) {
    throw new KubeconfigError(`cluster ${JSON.stringify(cluster.name)} has no server URL`);
  }
  const { credentials, tls } = await authentication(cluster, user, tlsMaterial(cluster, user, trust), trust);
  const namespace = field(context, 'namespace');
  const proxyUrl = field(cluster, 'proxy-url');
  const as = user === undefined ? undefined : field(user, 'as');
  const groups = user?.body['as-groups'];
  return {
    server,
    credentials,
    tls,
    ...(namespace === undefined ? {} : { namespace }),
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
    ...(cluster.body['disable-compression'] === true ? { disableCompression: true } : {}),
    ...(as === undefined
      ? {}
      : { impersonate: { user: as, ...(Array.isArray(groups) ? { groups: groups.map(String) } : {}) } }),
  };
}

function tlsMaterial(cluster: Entry, user: Entry | undefined, trust: KubeconfigTrust): () => TlsMaterial {
  const insecure = cluster.body['insecure-skip-tls-verify'] === true;
  if (insecure && trust.allowInsecureTls !== true) {
    throw new KubeconfigError('insecure-skip-tls-verify is not allowed in this kubeconfig');
  }
  const serverName = field(cluster, 'tls-server-name');
  const fixed: Record<string, string | boolean> = {
    ...(serverName === undefined ? {} : { serverName }),
    ...(insecure ? { insecure } : {}),
  };
  const files: Record<string, string> = {};
  const pem = (part: keyof TlsFiles, entry: Entry | undefined, name: string): void => {
    const data = entry && field(entry, `${name}-data`);
    if (data !== undefined) fixed[part] = Buffer.from(data, 'base64').toString('utf8');
    else if (entry !== undefined && field(entry, name) !== undefined) files[part] = filePath(entry, name, trust);
  };
  if (!insecure) pem('ca', cluster, 'certificate-authority');
  pem('cert', user, 'client-certificate');
  pem('key', user, 'client-key');
  try {
    return tlsFromFiles(fixed, files);
  } catch (cause) {
    throw new KubeconfigError(`cannot read the certificates of the kubeconfig: ${errorMessage(cause)}`, { cause });
  }
}

/** In client-go's order: a token file, a token, a password, a plugin; a client certificate goes beside any of them. */
async function authentication(
  cluster: Entry,
  user: Entry | undefined,
  tls: () => TlsMaterial,
  trust: KubeconfigTrust,
): Promise<{ readonly credentials: Credentials; tls(): TlsMaterial }> {
  if (user === undefined) return { credentials: noCredentials, tls };
  const tokenFile = field(user, 'tokenFile');
  if (tokenFile !== undefined) return { credentials: await TokenFile.open(filePath(user, 'tokenFile', trust)), tls };
  const token = field(user, 'token');
  if (token !== undefined) return { credentials: staticCredentials(`Bearer ${token}`), tls };
  const username = field(user, 'username');
  if (username !== undefined) {
    const basic = Buffer.from(`${username}:${field(user, 'password') ?? ''}`).toString('base64');
    return { credentials: staticCredentials(`Basic ${basic}`), tls };
  }
  for (const plugin of ['exec', 'auth-provider']) {
    if (!isRecord(user.body[plugin])) continue;
    if (trust.allowExec !== true) {
      throw new KubeconfigError(
        `user ${JSON.stringify(user.name)} authenticates by ${plugin}, which is not allowed here`,
      );
    }
    return pluginCredentials(cluster, user, tls);
  }
  return { credentials: noCredentials, tls };
}

function filePath(entry: Entry, name: string, trust: KubeconfigTrust): string {
  if (trust.allowFiles !== true || entry.dir === undefined) {
    throw new KubeconfigError(`${name} of ${JSON.stringify(entry.name)} names a file, which is not allowed here`);
  }
  return resolve(entry.dir, field(entry, name) ?? '');
}

function find(entries: ReadonlyMap<string, Entry>, name: string, what: string): Entry {
  const entry = entries.get(name);
  if (entry !== undefined) return entry;
  const known = [...entries.keys()].sort().join(', ') || 'none';
  throw new KubeconfigError(`the kubeconfig has no ${what} ${JSON.stringify(name)}; it has: ${known}`);
}

/** A member that must be a string; empty counts as absent. */
function field(entry: Entry, name: string): string | undefined {
  const value = entry.body[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw new KubeconfigError(`${name} in the kubeconfig must be a string`);
  return value;
}
