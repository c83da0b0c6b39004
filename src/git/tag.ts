import { GitError } from './errors.ts';
import { isOid, type ObjectFormat, type ObjectType } from './oid.ts';
import { type Person, parseHead, parsePerson, withoutSignatures } from './signed-object.ts';

/** An annotated tag. */
export interface Tag {
  readonly oid: string;
  /** What it points to: usually a commit, possibly another tag. */
  readonly target: string;
  readonly targetType: ObjectType;
  readonly name: string;
  /** Absent in some very old tags. */
  readonly tagger?: Person;
  /** The message without the signature. */
  readonly message: string;
  /** The armoured signature at the end of the tag; absent when it is not signed. */
  readonly signature?: string;
  /** The bytes that the signature signs: the tag up to the signature. */
  readonly payload: Buffer;
}

const signatureStart = /^-----BEGIN (?:PGP SIGNATURE|PGP MESSAGE|CERTIFICATE|SIGNED MESSAGE|SSH SIGNATURE)-----/gm;

/** Reads a tag object (tag.c, parse_tag_buffer). Throws `CorruptData`. */
export function parseTag(oid: string, content: Buffer, format: ObjectFormat): Tag {
  const head = parseHead(content);
  const [object, type, name, tagger] = head.fields;
  if (object?.key !== 'object' || !isOid(object.value, format)) {
    throw new GitError('CorruptData', `tag ${oid} has no object`);
  }
  if (type?.key !== 'type' || !isObjectType(type.value) || name?.key !== 'tag') {
    throw new GitError('CorruptData', `tag ${oid} has no type or name`);
  }
  // The last block that begins a line is the signature (gpg-interface.c, parse_signed_buffer).
  const text = content.toString('latin1');
  const start = [...text.slice(head.messageStart).matchAll(signatureStart)].at(-1)?.index;
  const end = start === undefined ? content.length : head.messageStart + start;
  return {
    oid,
    target: object.value,
    targetType: type.value,
    name: name.value,
    ...(tagger?.key === 'tagger' ? { tagger: parsePerson(tagger.value) } : {}),
    message: content.toString('utf8', head.messageStart, end),
    ...(start === undefined ? {} : { signature: content.toString('utf8', end) }),
    payload: withoutSignatures(content.subarray(0, end), head),
  };
}

function isObjectType(text: string): text is ObjectType {
  return text === 'commit' || text === 'tree' || text === 'blob' || text === 'tag';
}
