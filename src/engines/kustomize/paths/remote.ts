/** Whether a path is an HTTP address, from which a file is read (api/internal/loader/fileloader.go, IsRemoteFile). */
export function isRemoteFile(path: string): boolean {
  return /^https?:/i.test(path);
}

/** A Git repository in one of the spellings that kustomize reads, with the directory inside of it. */
export interface RepoSpec {
  /** Scheme, user and host, up to where the path begins. */
  readonly host: string;
  readonly repoPath: string;
  /** The kustomization's directory in the repository; `''` is its root. */
  readonly directory: string;
  readonly ref: string;
}

const schemes = ['ssh://', 'https://', 'http://', 'file://'] as const;

/** Reads a reference to a repository; undefined when it is none (api/internal/git/repospec.go). */
export function parseRepoSpec(text: string): RepoSpec | undefined {
  if (text.startsWith('/')) return undefined;
  const [address = '', query = ''] = cut(text, '?');
  const host = parseHost(address.replace(/^git::/i, ''));
  if (host === undefined) return undefined;
  const path = splitRepoPath(host.rest, host.host.startsWith('file://'));
  if (path === undefined || path.repoPath === '') return undefined;
  if (path.directory.replace(/^\//, '').split('/')[0] === '..') return undefined;
  const values = new URLSearchParams(query);
  const ref = values.get('ref') || values.get('version') || '';
  return { host: host.host, repoPath: path.repoPath, directory: path.directory.replace(/^\//, ''), ref };
}

function cut(text: string, at: string): [string, string] {
  const i = text.indexOf(at);
  return i < 0 ? [text, ''] : [text.slice(0, i), text.slice(i + at.length)];
}

function parseHost(text: string): { host: string; rest: string } | undefined {
  const lower = text.toLowerCase();
  let scheme: string = schemes.find((prefix) => lower.startsWith(prefix)) ?? '';
  let rest = text.slice(scheme.length);
  let user = /^[a-zA-Z][a-zA-Z0-9-]*@/.exec(rest)?.[0] ?? '';
  rest = rest.slice(user.length);
  const github = /^github\.com[/:]/i.test(rest);
  const scp = scheme === '' && (user !== '' || github);
  if (scheme === '' && !scp) return undefined;
  if (scheme === 'file://') return { host: scheme, rest: user + rest };
  let separator = rest.indexOf('/');
  const colon = rest.indexOf(':');
  if (scp && (separator < 0 || (colon > 0 && colon < separator))) separator = colon;
  let host = separator < 0 ? rest : rest.slice(0, separator + 1);
  const path = separator < 0 ? '' : rest.slice(separator + 1);
  if (github) {
    if (scheme === 'ssh://' || user !== '') [scheme, host] = ['', 'github.com:'];
    else [scheme, user, host] = ['https://', '', 'github.com/'];
  }
  return host === '' ? undefined : { host: scheme + user + host, rest: path };
}

/** Where the repository ends: after the part behind `_git/`, at `//`, after `.git`, or after two parts. */
function splitRepoPath(path: string, local: boolean): { repoPath: string; directory: string } | undefined {
  const marker = path.indexOf('_git/');
  if (marker >= 0) {
    const [name = '', directory = ''] = cut(path.slice(marker + 5), '/');
    return { repoPath: path.slice(0, marker + 5) + name, directory };
  }
  const double = path.indexOf('//');
  if (double >= 0) return { repoPath: path.slice(0, double), directory: path.slice(double + 2) };
  const suffix = path.indexOf('.git');
  if (suffix >= 0) return { repoPath: path.slice(0, suffix + 4), directory: path.slice(suffix + 4) };
  if (local) return { repoPath: path, directory: '' };
  const parts = path.split('/');
  if (parts.length < 2) return undefined;
  return { repoPath: parts.slice(0, 2).join('/'), directory: parts.slice(2).join('/') };
}
