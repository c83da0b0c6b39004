/** What a {@link YamlNode} is. `alias` occurs only between parsing and {@link YamlNode.alias}'s expansion. */
export type YamlKind = 'scalar' | 'mapping' | 'sequence' | 'alias' | 'none';

/**
 * How a node was written; bits that may be combined, as in go-yaml's `Style`. `bare` is the lone `!`, which v2 takes
 * for a string and v3 ignores.
 */
export const STYLE = { tagged: 1, double: 2, single: 4, literal: 8, folded: 16, flow: 32, bare: 64 } as const;

/** Any of the styles that make a scalar a string whatever its text is. */
export const QUOTED = STYLE.double | STYLE.single | STYLE.literal | STYLE.folded;

/** The short tags that the core schema knows. */
export const TAG = {
  null: '!!null',
  bool: '!!bool',
  str: '!!str',
  int: '!!int',
  float: '!!float',
  timestamp: '!!timestamp',
  seq: '!!seq',
  map: '!!map',
  binary: '!!binary',
  merge: '!!merge',
} as const;

/**
 * A YAML document's tree that keeps what is needed to write it again: text, tag and style of scalars, order of keys.
 * The same division as go-yaml v3's `Node`, because kustomize's behaviour is defined by what that keeps and loses.
 */
export class YamlNode {
  kind: YamlKind;
  /** Short tag, `''` when none is known: then the text decides anew whenever it is read. */
  tag: string;
  style: number;
  /** The text of a scalar; the anchor's name of an alias. */
  value: string;
  /** Items of a sequence; keys and values of a mapping in turn. */
  content: YamlNode[];
  anchor = '';
  /** The JSON object in the comment on a key's line: see line-comments.ts. */
  comment = '';
  alias: YamlNode | undefined = undefined;
  /** A null that a patch keeps although nulls are usually taken away; set for a moment while fields are set. */
  keep = false;
  /** Line in the text it was read from, from 1; 0 when it was made. */
  line = 0;

  constructor(kind: YamlKind, tag: string, value = '', style = 0, content: YamlNode[] = []) {
    this.kind = kind;
    this.tag = tag;
    this.value = value;
    this.style = style;
    this.content = content;
  }

  /** A deep copy; an alias keeps pointing at the same node. */
  copy(): YamlNode {
    const { content } = this;
    const copied: YamlNode[] = content.length === 0 ? [] : new Array<YamlNode>(content.length);
    for (let i = 0; i < content.length; i++) copied[i] = (content[i] as YamlNode).copy();
    const node = new YamlNode(this.kind, this.tag, this.value, this.style, copied);
    node.copyMarks(this);
    return node;
  }

  /** Becomes what `other` is, in place, so that whoever holds this node sees it. Children are shared, their list is not. */
  assign(other: YamlNode): void {
    this.kind = other.kind;
    this.tag = other.tag;
    this.value = other.value;
    this.style = other.style;
    this.content = other.content.slice();
    this.copyMarks(other);
  }

  private copyMarks(other: YamlNode): void {
    this.anchor = other.anchor;
    this.comment = other.comment;
    this.alias = other.alias;
    this.line = other.line;
  }
}

/** A scalar without a tag: its text decides what it is. */
export function scalarNode(value: string, tag = ''): YamlNode {
  return new YamlNode('scalar', tag, value);
}

/** An empty mapping. */
export function mappingNode(content: YamlNode[] = []): YamlNode {
  return new YamlNode('mapping', TAG.map, '', 0, content);
}

/** A sequence of `content`. */
export function sequenceNode(content: YamlNode[] = []): YamlNode {
  return new YamlNode('sequence', TAG.seq, '', 0, content);
}
