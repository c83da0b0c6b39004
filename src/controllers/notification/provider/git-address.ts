import { NotifyError } from './notifier.ts';

/** Where a repository is, as the APIs of its host want to know it. */
export interface GitAddress {
  /** `https://host[:port]`, also for an address for SSH. */
  readonly origin: string;
  /** The path without leading slashes and `.git`, decoded: `owner/repository`. */
  readonly id: string;
}

/** `[user@]host:path`, as scp and Git have it (chainguard-dev/git-urls). */
const scpSyntax = /^(?:[a-zA-Z0-9\-._~]+@)?([a-zA-Z0-9._-]+):([a-zA-Z0-9./._-]+)$/;

/** The parts of a repository's address (internal/notifier/util.go, parseGitAddress). Throws NotifyError. */
export function parseGitAddress(address: string): GitAddress {
  const [, scpHost, scpPath] = /^[a-z+]+:\/\//i.test(address) ? [] : (scpSyntax.exec(address) ?? []);
  if (scpHost !== undefined && scpPath !== undefined) return { origin: `https://${scpHost}`, id: idOf(scpPath) };
  if (!URL.canParse(address)) return { origin: 'file://', id: idOf(address) };
  const url = new URL(address);
  const scheme = url.protocol === 'ssh:' ? 'https:' : url.protocol;
  return { origin: `${scheme}//${url.host}`, id: idOf(decoded(url.pathname)) };
}

/** Owner and name of a repository whose id has these two parts; `problem` says what is wrong with another. */
export function ownerAndName(id: string, problem: string): { readonly owner: string; readonly name: string } {
  const [owner = '', name = '', ...more] = id.split('/');
  if (owner === '' || name === '' || more.length > 0) throw new NotifyError(problem, { permanent: true });
  return { owner, name };
}

function idOf(path: string): string {
  return path.replace(/^\/+/, '').replace(/\.git$/, '');
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
