import { isRecord } from '../lib/json.ts';
import type { Credentials } from './credentials.ts';
import { OciError } from './oci-error.ts';
import { type Repository, repositoryName } from './reference.ts';

/** Credentials for repositories whose names match `pattern`: `host[:port][/path]`, `*` within a part of the host. */
interface Entry {
  readonly pattern: string;
  readonly host: string;
  readonly port: string;
  readonly path: string;
  readonly credentials: Credentials;
}

/** The credentials of one or more `dockerconfigjson` (or, older, `dockercfg`) files. */
export class DockerConfig {
  readonly #entries: Entry[] = [];

  /**
   * Adds those of one file: `.dockerconfigjson` has them under `auths`, `.dockercfg` at the top. Throws
   * `InvalidCredentials` for what is no such file; its message has nothing of the content.
   */
  add(text: string, kind: 'dockerconfigjson' | 'dockercfg'): void {
    const parsed = parseJson(text);
    const auths = kind === 'dockercfg' ? parsed : (parsed['auths'] ?? {});
    if (!isRecord(auths)) throw invalid("'auths' is not an object");
    for (const [name, auth] of Object.entries(auths)) {
      if (!isRecord(auth)) throw invalid('an entry of auths is not an object');
      this.#entries.push({ ...parsePattern(name), credentials: credentialsOf(auth) });
    }
  }

  /**
   * Whose credentials are for the repository: of several entries that match, the most specific one, as Kubernetes does
   * (go-containerregistry pkg/authn/kubernetes/keychain.go). undefined when none matches.
   */
  credentialsFor(repository: Repository): Credentials | undefined {
    const matching = this.#entries.filter((entry) => matches(entry, repository));
    // Of equal patterns the first counts.
    return matching.reduce<Entry | undefined>(
      (best, entry) => (best === undefined || entry.pattern > best.pattern ? entry : best),
      undefined,
    )?.credentials;
  }
}

function parseJson(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message would quote the file.
    throw invalid('it is not JSON');
  }
  if (!isRecord(value)) throw invalid('it is not a JSON object');
  return value;
}

/** `https://host/v1/` is the same as `host`: what the Docker command writes. */
function parsePattern(name: string): Pick<Entry, 'pattern' | 'host' | 'port' | 'path'> {
  const bare = name.replace(/^https?:\/\//, '');
  const slash = bare.indexOf('/');
  const authority = slash < 0 ? bare : bare.slice(0, slash);
  const rest = (slash < 0 ? '' : bare.slice(slash)).replace(/^\/v[12]\//, '/');
  const path = rest === '/' ? '' : rest;
  return { pattern: `${authority}${path}`, ...splitAuthority(authority), path };
}

function splitAuthority(authority: string): { readonly host: string; readonly port: string } {
  const [, host = authority, port = ''] = /^(.*):(\d+)$/.exec(authority) ?? [];
  return { host, port };
}

function matches({ host, port, path }: Entry, repository: Repository): boolean {
  const target = splitAuthority(repository.registry);
  if (target.port !== port || !repositoryName(repository).slice(repository.registry.length).startsWith(path)) {
    return false;
  }
  const globs = host.split('.');
  const parts = target.host.split('.');
  return globs.length === parts.length && globs.every((glob, index) => globMatches(glob, parts[index] ?? ''));
}

/** `*` stands for any text, `?` for any character; no pattern makes this slow. */
function globMatches(glob: string, text: string): boolean {
  const [head = '', ...rest] = glob.split('*');
  if (rest.length === 0) return glob.length === text.length && startsWith(text, 0, glob);
  const tail = rest.pop() ?? '';
  if (text.length < head.length + tail.length || !startsWith(text, 0, head)) return false;
  const end = text.length - tail.length;
  if (!startsWith(text, end, tail)) return false;
  let from = head.length;
  for (const piece of rest) {
    while (from + piece.length <= end && !startsWith(text, from, piece)) from++;
    if (from + piece.length > end) return false;
    from += piece.length;
  }
  return true;
}

function startsWith(text: string, from: number, piece: string): boolean {
  return [...piece].every((character, index) => character === '?' || text[from + index] === character);
}

/** `auth` is `user:password` in base64, and counts more than the two fields (docker/cli config/configfile). */
function credentialsOf(auth: Readonly<Record<string, unknown>>): Credentials {
  const text = (name: string): string => {
    const value = auth[name];
    return typeof value === 'string' ? value : '';
  };
  const [username, password] = text('auth') === '' ? [text('username'), text('password')] : decodeAuth(text('auth'));
  const credentials = {
    username,
    password,
    identityToken: text('identitytoken'),
    registryToken: text('registrytoken'),
  };
  return Object.fromEntries(Object.entries(credentials).filter(([, value]) => value !== ''));
}

function decodeAuth(auth: string): readonly [string, string] {
  const decoded = Buffer.from(auth, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon < 0) throw invalid("an 'auth' is not user:password in base64");
  // Some tools pad the password with zero bytes.
  return [decoded.slice(0, colon), decoded.slice(colon + 1).replace(/\0+$/, '')];
}

function invalid(problem: string): OciError {
  return new OciError('InvalidCredentials', `the Docker configuration cannot be read: ${problem}`);
}
