import { GitError } from './errors.ts';
import { isOid, type ObjectFormat } from './oid.ts';
import { headSignature, type Person, parseHead, parsePerson, withoutSignatures } from './signed-object.ts';

/** A commit as far as a checkout, an event and a signature check need it. */
export interface Commit {
  readonly oid: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Person;
  readonly committer: Person;
  readonly message: string;
  /** The first line of the message. */
  readonly subject: string;
  /** The armoured signature (PGP, SSH or X.509); absent when the commit is not signed. */
  readonly signature?: string;
  /** The bytes that the signature signs. */
  readonly payload: Buffer;
}

/**
 * Reads a commit object. Fields count only where Git reads them (commit.c, parse_commit_buffer): the tree first, then
 * its parents, author, committer; the same keys elsewhere are ignored. Throws `CorruptData`.
 */
export function parseCommit(oid: string, content: Buffer, format: ObjectFormat): Commit {
  const head = parseHead(content);
  const [tree, ...rest] = head.fields;
  if (tree?.key !== 'tree' || !isOid(tree.value, format)) {
    throw new GitError('CorruptData', `commit ${oid} has no tree`);
  }
  const firstOther = rest.findIndex(({ key }) => key !== 'parent');
  const afterParents = firstOther === -1 ? [] : rest.slice(firstOther);
  const parents = rest.slice(0, rest.length - afterParents.length).map(({ value }) => value);
  if (!parents.every((parent) => isOid(parent, format))) {
    throw new GitError('CorruptData', `commit ${oid} has an invalid parent`);
  }
  const [author, committer] = afterParents;
  if (author?.key !== 'author' || committer?.key !== 'committer') {
    throw new GitError('CorruptData', `commit ${oid} has no author or committer`);
  }
  const message = content.toString('utf8', head.messageStart);
  const signature = headSignature(head);
  return {
    oid,
    tree: tree.value,
    parents,
    author: parsePerson(author.value),
    committer: parsePerson(committer.value),
    message,
    subject: message.split('\n', 1)[0] ?? '',
    ...(signature === undefined ? {} : { signature }),
    payload: withoutSignatures(content, head),
  };
}

const shortMessageLength = 50;

/** The subject as events show it: cut after 50 characters, with `...` (fluxcd/pkg git.go, ShortMessage). */
export function shortMessage(commit: Pick<Commit, 'subject'>): string {
  const characters = [...commit.subject];
  return characters.length > shortMessageLength
    ? `${characters.slice(0, shortMessageLength).join('')}...`
    : commit.subject;
}
