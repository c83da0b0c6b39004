import { type AgentLease, type HttpProxy, type HttpTls, ProxyError } from '../net/http-agents.ts';
import { GitError } from './errors.ts';
import { authFromUrl, authorization, type GitAuth, secretsOf } from './http-credentials.ts';
import { HttpTransport } from './http-transport.ts';
import { defaultLimits, type GitLimits } from './limits.ts';
import { signalError } from './network-error.ts';
import { ProtocolRemote, type Remote } from './remote.ts';
import { displayUrl, parseRemoteUrl } from './remote-url.ts';
import { GitSessions, sessionKey } from './sessions.ts';
import { isSameOrigin, resolveSubmoduleUrl } from './submodule-url.ts';

/** How to reach a repository. */
export interface OpenOptions {
  /** http or https; a user and password inside it count when `auth` is absent. */
  readonly url: string;
  readonly auth?: GitAuth;
  readonly tls?: HttpTls;
  readonly proxy?: HttpProxy;
  /** Ends every request of the remote. The deadline comes with it: there is no other. */
  readonly signal: AbortSignal;
  readonly limits?: Partial<GitLimits>;
  /** Shared with the process's other remotes; without it the remote has connections of its own. */
  readonly sessions?: GitSessions;
}

/**
 * Opens a repository without asking the server anything yet. Throws `InvalidURL`, `UnsupportedTransport`, or
 * `AuthenticationFailed` for credentials that cannot be sent.
 */
export function openRemote(options: OpenOptions): Remote {
  const parsed = parseRemoteUrl(options.url);
  const auth = options.auth ?? authFromUrl(parsed);
  parsed.username = '';
  parsed.password = '';
  const url = parsed.href;
  const header = authorization(auth);
  const sessions = options.sessions ?? new GitSessions();
  const key = sessionKey(url, header);
  const known = sessions.recall(key);
  const leases = acquire(sessions, options);
  const start = { url, sendsCredentials: true };
  return new ProtocolRemote({
    displayUrl: displayUrl(options.url),
    limits: { ...defaultLimits, ...options.limits },
    secrets: [...secretsOf(auth), ...secretsOf(proxyAuth(options.proxy))],
    ...(known === undefined ? {} : { known: known.advertisement }),
    checkWanted: () => {
      if (options.signal.aborted) {
        throw signalError(options.signal);
      }
    },
    connect: (fresh) =>
      new HttpTransport({
        location: fresh ? start : (known?.location ?? start),
        dispatcher: leases.own.dispatcher,
        anonymousDispatcher: leases.anonymous.dispatcher,
        authorization: header,
        signal: options.signal,
        addressPolicy: sessions.addressPolicy,
      }),
    learned: (advertisement, transport) => sessions.remember(key, { advertisement, location: transport.location() }),
    forget: () => sessions.forget(key),
    sibling: (other, limits) =>
      openSibling(
        { ...options, ...(auth === undefined ? {} : { auth }), limits: { ...options.limits, ...limits } },
        url,
        other,
      ),
    release: async () => {
      leases.own.release();
      leases.anonymous.release();
      if (options.sessions === undefined) {
        await sessions.close();
      }
    },
  });
}

/**
 * Opens a submodule's repository. Credentials and the client certificate go with it to the same scheme, host and port
 * only.
 *
 * Differs from Flux (ADR 8): go-git sends the credentials of the repository to whatever host `.gitmodules` names, which is
 * whoever may write to the repository.
 */
function openSibling(options: OpenOptions, parent: string, other: string): Remote {
  const url = resolveSubmoduleUrl(parent, other);
  const { auth, tls, ...rest } = options;
  if (isSameOrigin(parent, url)) {
    return openRemote({ ...options, url });
  }
  const target = parseRemoteUrl(url);
  if (target.username !== '' || target.password !== '') {
    throw new GitError('InvalidURL', `submodule URL '${displayUrl(url)}' has credentials in it`);
  }
  return openRemote({ ...rest, ...(tls?.ca === undefined ? {} : { tls: { ca: tls.ca } }), url });
}

function acquire(sessions: GitSessions, options: OpenOptions): { own: AgentLease; anonymous: AgentLease } {
  const { tls, proxy } = options;
  try {
    return {
      own: sessions.agents.acquire(tls, proxy),
      anonymous: sessions.agents.acquire(tls?.ca === undefined ? undefined : { ca: tls.ca }, proxy),
    };
  } catch (error) {
    throw error instanceof ProxyError ? new GitError('InvalidURL', error.message, { cause: error }) : error;
  }
}

function proxyAuth(proxy: HttpProxy | undefined): GitAuth | undefined {
  return proxy?.password === undefined ? undefined : { username: proxy.username ?? '', password: proxy.password };
}
