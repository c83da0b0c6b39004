import { GitError } from './errors.ts';

/** Who did something and when, as commits and tags record it. */
export interface Person {
  readonly name: string;
  readonly email: string;
  /** Seconds since 1970. */
  readonly seconds: number;
  /** The writer's offset from UTC, such as `+0200`. */
  readonly timezone: string;
}

/** A line of the head of a commit or tag, with its continuation lines. */
interface HeaderField {
  readonly key: string;
  readonly value: string;
  /** Where its bytes begin and end, the final LF included. */
  readonly start: number;
  readonly end: number;
}

/** The head of a commit or tag, and where its message begins. */
export interface ObjectHead {
  readonly fields: readonly HeaderField[];
  readonly messageStart: number;
}

/** Signatures and merged tags stand in the head; nothing that people make comes near this. */
const maxHeadBytes = 1024 * 1024;
const signatureKeys = new Set(['gpgsig', 'gpgsig-sha256']);

/** Splits the head of a commit or tag object into its fields. Throws `CorruptData` where a line is no field, `TooLarge`. */
export function parseHead(content: Buffer): ObjectHead {
  const fields: HeaderField[] = [];
  let start = 0;
  while (start < content.length && content[start] !== 0x0a) {
    let end = lineEnd(content, start);
    while (content[end] === 0x20) {
      end = lineEnd(content, end);
    }
    if (end > maxHeadBytes) {
      throw new GitError('TooLarge', `the head of an object exceeds ${maxHeadBytes} bytes`);
    }
    const text = content.toString('utf8', start, end).replace(/\n$/, '');
    const space = text.indexOf(' ');
    if (space < 1) {
      throw new GitError('CorruptData', 'an object has a malformed header');
    }
    fields.push({ key: text.slice(0, space), value: text.slice(space + 1).replaceAll('\n ', '\n'), start, end });
    start = end;
  }
  return { fields, messageStart: Math.min(start + 1, content.length) };
}

function lineEnd(content: Buffer, start: number): number {
  const newline = content.indexOf(0x0a, start);
  return newline === -1 ? content.length : newline + 1;
}

/** `Name <email> seconds timezone`; what does not follow that form is kept as the name, with time zero. */
export function parsePerson(text: string): Person {
  const match = /^(.*?) ?<([^>]*)>(?: (-?\d{1,15}) ([+-]\d{4}))?/s.exec(text);
  return {
    name: match?.[1] ?? text,
    email: match?.[2] ?? '',
    seconds: Number(match?.[3] ?? 0),
    timezone: match?.[4] ?? '+0000',
  };
}

/** The signature that stands in the head, in its armour; undefined when the object has none. */
export function headSignature(head: ObjectHead): string | undefined {
  const field = head.fields.find(({ key }) => key === 'gpgsig');
  return field === undefined ? undefined : `${field.value}\n`;
}

/**
 * The bytes that a signature in the head signs: the object without its `gpgsig` and `gpgsig-sha256` fields, otherwise
 * byte for byte (commit.c, remove_signature). Never re-encoded from parsed values: two readings of one object are what
 * lets a signed commit show another tree.
 */
export function withoutSignatures(content: Buffer, head: ObjectHead): Buffer {
  const kept: Buffer[] = [];
  let at = 0;
  for (const field of head.fields) {
    if (signatureKeys.has(field.key)) {
      kept.push(content.subarray(at, field.start));
      at = field.end;
    }
  }
  return Buffer.concat([...kept, content.subarray(at)]);
}
