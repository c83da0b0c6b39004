import { OciError } from './oci-error.ts';

/** A repository in a registry. */
export interface Repository {
  /** `host[:port]`; that of the Docker Hub is `index.docker.io`. */
  readonly registry: string;
  /** `org/repo`. */
  readonly path: string;
}

/** What `oci://host[:port]/repo[:tag][@digest]` names. */
export interface Reference extends Repository {
  readonly tag?: string;
  /** `sha256:<hex>`. */
  readonly digest?: string;
}

export const ociPrefix = 'oci://';

const dockerHub = 'index.docker.io';
const pathCharacters = 'abcdefghijklmnopqrstuvwxyz0123456789_-./';
const tagCharacters = `${pathCharacters.slice(0, -1)}ABCDEFGHIJKLMNOPQRSTUVWXYZ`;
const authority = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

/**
 * The repository that a text without scheme names, as Docker reads it: what comes before the first slash is a registry
 * when it has a dot or a colon, else all is a repository of the Docker Hub. Throws `InvalidReference`, in the words of
 * go-containerregistry (pkg/name/repository.go).
 */
export function parseRepository(text: string): Repository {
  if (text === '') throw invalid('a repository name must be specified');
  const slash = text.indexOf('/');
  const first = slash < 0 ? '' : text.slice(0, slash);
  const named = /[.:]/.test(first);
  const path = named ? text.slice(slash + 1) : text;
  checkCharacters('repository', path, pathCharacters, 2, 255);
  if (path.split('/').some((part) => part === '' || part === '.' || part === '..')) {
    throw invalid(`repository has an empty part, or one that is only dots: ${path}`);
  }
  const registry = !named || first === 'docker.io' ? dockerHub : first;
  if (!authority.test(registry)) throw invalid(`registries must be valid RFC 3986 URI authorities: ${registry}`);
  return { registry, path: registry === dockerHub && !path.includes('/') ? `library/${path}` : path };
}

/** Reads `[oci://]host[:port]/repo[:tag][@digest]`. Throws `InvalidReference`. */
export function parseReference(text: string): Reference {
  const bare = text.startsWith(ociPrefix) ? text.slice(ociPrefix.length) : text;
  const [name = '', digest, ...more] = bare.split('@');
  if (more.length > 0) throw invalid(`a reference has at most one '@': ${text}`);
  const colon = name.lastIndexOf(':');
  const hasTag = colon > name.lastIndexOf('/');
  const repository = parseRepository(hasTag ? name.slice(0, colon) : name);
  return {
    ...repository,
    ...(hasTag ? { tag: checkTag(name.slice(colon + 1)) } : {}),
    ...(digest === undefined ? {} : { digest: checkDigest(digest) }),
  };
}

/** The tag, when it is one. Throws `InvalidReference`. */
export function checkTag(tag: string): string {
  checkCharacters('tag', tag, tagCharacters, 1, 128);
  if (/^[.-]/.test(tag)) throw invalid(`tag must begin with a letter, a digit or an underscore: ${tag}`);
  return tag;
}

/** The digest, when it is a SHA-256. Throws `InvalidReference`, in the words of go-containerregistry (pkg/v1/hash.go). */
export function checkDigest(digest: string): string {
  const [algorithm = '', hex, ...more] = digest.split(':');
  if (hex === undefined || more.length > 0) throw invalid(`cannot parse hash: ${JSON.stringify(digest)}`);
  const [odd] = /[^0-9a-f]/.exec(hex) ?? [];
  if (odd !== undefined) throw invalid(`found non-hex character in hash: ${odd}`);
  if (algorithm !== 'sha256') throw invalid(`unsupported hash: ${JSON.stringify(algorithm)}`);
  if (hex.length !== 64) throw invalid(`wrong number of hex digits for ${algorithm}: ${hex}`);
  return digest;
}

/** `host[:port]/repo`. */
export function repositoryName({ registry, path }: Repository): string {
  return `${registry}/${path}`;
}

function checkCharacters(what: string, text: string, allowed: string, min: number, max: number): void {
  const { length } = [...text];
  if (length < min || length > max) {
    throw invalid(`${what} must be between ${min} and ${max} characters in length: ${text.slice(0, max)}`);
  }
  if ([...text].some((character) => !allowed.includes(character))) {
    throw invalid(`${what} can only contain the characters \`${allowed}\`: ${text}`);
  }
}

function invalid(message: string): OciError {
  return new OciError('InvalidReference', message);
}
