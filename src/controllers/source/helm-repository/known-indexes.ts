import { createHash } from 'node:crypto';
import type { ObjectKey } from '../../../kube/object.ts';
import type { RepositoryAccess } from '../helm/access.ts';

/** What a server said of an index when it was fetched. */
interface Known {
  readonly way: string;
  readonly revision: string;
  readonly headers: Readonly<Record<string, string>>;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** A server's clock counts seconds: within this many after a change there may be another with the same time. */
const settledAfterMs = 2000;

/**
 * By what a server can tell whether an index is still the one that was fetched last: its ETag, or when it was changed.
 * An unchanged index then is not sent again.
 */
export class KnownIndexes {
  readonly #known = new Map<string, Known>();

  /** The headers that ask for an index only if it is not `revision`; none when that is not known to the server. */
  conditions(key: ObjectKey, access: RepositoryAccess, revision: string | undefined): Readonly<Record<string, string>> {
    const known = this.#known.get(keyText(key));
    return known !== undefined && known.revision === revision && known.way === wayOf(access) ? known.headers : {};
  }

  /** What the server said with the index of this revision. */
  remember(key: ObjectKey, access: RepositoryAccess, revision: string, headers: Headers): void {
    const conditions = conditionsOf(headers);
    if (conditions === undefined) this.#known.delete(keyText(key));
    else this.#known.set(keyText(key), { way: wayOf(access), revision, headers: conditions });
  }

  forget(key: ObjectKey): void {
    this.#known.delete(keyText(key));
  }
}

function conditionsOf(headers: Headers): Readonly<Record<string, string>> | undefined {
  const { etag, 'last-modified': modified, date } = headers;
  if (typeof etag === 'string') return { 'if-none-match': etag };
  if (typeof modified !== 'string' || typeof date !== 'string') return undefined;
  const age = Date.parse(date) - Date.parse(modified);
  return age >= settledAfterMs ? { 'if-modified-since': modified } : undefined;
}

/** Another address, or somebody else who asks, may meet another index. */
function wayOf({ url, username, password, tls }: RepositoryAccess): string {
  const pem = [tls?.ca, tls?.cert, tls?.key].map((part) => (part === undefined ? '' : Buffer.from(part).toString()));
  return createHash('sha256')
    .update(JSON.stringify([url, username, password, pem]))
    .digest('hex');
}

function keyText({ namespace = '', name }: ObjectKey): string {
  return `${namespace}/${name}`;
}
