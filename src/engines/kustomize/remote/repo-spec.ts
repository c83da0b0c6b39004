import { parseDuration } from '../../../lib/duration.ts';
import { redact } from '../../../lib/redact.ts';
import { cleanRelative } from '../paths/join.ts';

/** Whether a path is an HTTP address, from which a file is read (api/internal/loader/fileloader.go, IsRemoteFile). */
export function isRemoteFile(path: string): boolean {
  return /^https?:/i.test(path);
}

/** A Git repository in one of the spellings that kustomize reads, with the directory inside of it. */
export interface RepoSpec {
  /** As it was written; may hold credentials. */
  readonly raw: string;
  /** What `git clone` would be given; may hold credentials. */
  readonly cloneUrl: string;
  /** The kustomization's directory in the repository; `''` is its root. */
  readonly directory: string;
  /** A branch, a tag, a commit or a full reference name; `''` is the default branch. */
  readonly ref: string;
  /** Whether submodules are fetched; they are unless the address says otherwise. */
  readonly submodules: boolean;
  /** How long fetching may take. */
  readonly timeoutMs: number;
}

const schemes = ['ssh://', 'https://', 'http://', 'file://'] as const;
const defaultTimeoutMs = 27_000;

/** Reads a reference to a repository; undefined when it is none (api/internal/git/repospec.go). */
export function parseRepoSpec(raw: string): RepoSpec | undefined {
  if (raw.startsWith('/')) return undefined;
  const [address, query] = cut(raw, '?');
  const host = parseHost(address.replace(/^git::/i, ''));
  if (host === undefined) return undefined;
  const path = splitRepoPath(host.rest, host.host.startsWith('file://'));
  if (path === undefined || path.repoPath === '') return undefined;
  const directory = path.directory.replace(/^\//, '');
  if (cleanRelative(directory).split('/')[0] === '..') return undefined;
  return { raw, cloneUrl: host.host + path.repoPath, directory, ...parseQuery(query) };
}

/** The address of a repository and the directory in it, as messages show them: without credentials. */
export function shownRepo({ cloneUrl, ref }: RepoSpec, directory: string): string {
  const dir = directory === '' ? '' : `//${directory}`;
  return `${redact(cloneUrl)}${dir}${ref === '' ? '' : `?ref=${ref}`}`;
}

/** A query that cannot be read says nothing, as in the original. */
function parseQuery(query: string): Pick<RepoSpec, 'ref' | 'submodules' | 'timeoutMs'> {
  const isReadable = !query.includes(';') && !/%(?![\da-f]{2})/i.test(query);
  const values = new URLSearchParams(isReadable ? query : '');
  return {
    ref: values.get('ref') || values.get('version') || '',
    submodules: !/^(0|f|F|false|FALSE|False)$/.test(values.get('submodules') ?? ''),
    timeoutMs: parseTimeout(values.get('timeout') ?? ''),
  };
}

/** Seconds, or a Go duration; what is neither, or not positive, is the default. */
function parseTimeout(text: string): number {
  if (/^\+?\d{1,9}$/.test(text)) return Number(text) * 1000 || defaultTimeoutMs;
  try {
    const ms = parseDuration(text);
    return ms > 0 ? ms : defaultTimeoutMs;
  } catch {
    return defaultTimeoutMs;
  }
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
    const [name, directory] = cut(path.slice(marker + 5), '/');
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
