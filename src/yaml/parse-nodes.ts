import {
  EVENT_ID,
  type Event,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  YAMLException,
} from 'js-yaml';
import { attachComments } from './line-comments.ts';
import { STYLE, TAG, YamlNode } from './node.ts';
import { resolvePlain } from './resolve.ts';
import { YamlError } from './yaml-error.ts';

/** What a text may be; every limit has a default. */
export interface ParseOptions {
  /** Named in errors. */
  readonly file?: string | undefined;
  /** The number of the text's first line, when it is a part of a file (default 1). */
  readonly firstLine?: number;
  /** How deep collections may nest (default 400). */
  readonly maxDepth?: number;
  /** How many UTF-16 code units the text may have (default 64 Mi). */
  readonly maxLength?: number;
}

const styleOf: Readonly<Record<number, number>> = {
  [SCALAR_STYLE.PLAIN]: 0,
  [SCALAR_STYLE.SINGLE_QUOTED]: STYLE.single,
  [SCALAR_STYLE.DOUBLE_QUOTED]: STYLE.double,
  [SCALAR_STYLE.LITERAL_BLOCK]: STYLE.literal,
  [SCALAR_STYLE.FOLDED_BLOCK]: STYLE.folded,
};

const BLOCK = STYLE.literal | STYLE.folded;

/**
 * The documents of a YAML stream as trees; tags as go-yaml v3 gives them. A stream of nothing has none; an empty
 * document between separators is a null. Aliases are kept as such. Throws {@link YamlError}.
 */
export function parseNodes(text: string, options: ParseOptions = {}): YamlNode[] {
  const { file, maxDepth = 400, maxLength = 64 * 1024 * 1024, firstLine = 1 } = options;
  if (text.length > maxLength) throw new YamlError(`the text is longer than ${maxLength} characters`, { file });
  try {
    const { events, source } = readEvents(text, maxDepth);
    const documents = new TreeBuilder(source, file, firstLine).build(events);
    attachComments(text, firstLine, documents);
    return documents;
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = error.mark === undefined ? undefined : error.mark.line + firstLine;
    throw new YamlError(error.reason, { file, line });
  }
}

/** How many characters may be read again because of lines that had to be indented. */
const maxRepeated = 50_000_000;

/**
 * The events of a text. libyaml does not mind how lines inside of `[]`, `{}` and quotes are indented; YAML 1.2, and so
 * js-yaml, wants them deeper than what they are in: such lines are indented until it is content. Spaces do not count
 * there, so values and lines stay what they are.
 */
function readEvents(text: string, maxDepth: number): { readonly events: readonly Event[]; readonly source: string } {
  let source = text;
  let indent = '';
  for (let repeated = 0; ; repeated += source.length) {
    try {
      return { events: parseEvents(source, { maxDepth }), source };
    } catch (error) {
      const mark = error instanceof YAMLException && error.reason === 'deficient indentation' ? error.mark : undefined;
      if (mark === undefined || repeated > maxRepeated) throw error;
      if (indent === '') indent = ' '.repeat(deepestIndent(text) + 1);
      const lineStart = source.lastIndexOf('\n', mark.position - 1) + 1;
      if (source.startsWith(indent, lineStart)) throw error;
      source = source.slice(0, lineStart) + indent + source.slice(lineStart);
    }
  }
}

/** The deepest that anything can be indented by spaces and dashes. */
function deepestIndent(text: string): number {
  let deepest = 0;
  for (const [spaces] of text.matchAll(/^[ -]+/gm)) deepest = Math.max(deepest, spaces.length);
  return deepest;
}

/** Turns js-yaml's flat events into trees. */
class TreeBuilder {
  private readonly text: string;
  private readonly file: string | undefined;
  private readonly documents: YamlNode[] = [];
  private readonly open: YamlNode[] = [];
  private anchors = new Map<string, YamlNode>();
  private handles: Readonly<Record<string, string>> = {};
  private line: number;
  private nextBreak: number;

  constructor(text: string, file: string | undefined, firstLine: number) {
    this.text = text;
    this.line = firstLine;
    this.file = file;
    this.nextBreak = text.indexOf('\n');
  }

  build(events: readonly Event[]): YamlNode[] {
    for (const event of events) this.take(event);
    return this.documents;
  }

  private take(event: Event): void {
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        this.anchors = new Map();
        this.handles = Object.fromEntries(
          event.directives.flatMap((d) => (d.kind === 'tag' ? [[d.handle, d.prefix]] : [])),
        );
        this.open.push(new YamlNode('none', ''));
        break;
      case EVENT_ID.POP: {
        const done = this.open.pop();
        if (done?.kind === 'none') this.documents.push(done.content[0] ?? new YamlNode('scalar', TAG.null));
        break;
      }
      case EVENT_ID.SCALAR:
        this.add(this.scalar(event), event.anchorStart, event.anchorEnd);
        break;
      case EVENT_ID.ALIAS:
        this.add(this.alias(this.text.slice(event.anchorStart, event.anchorEnd), event.anchorStart), -1, -1);
        break;
      case EVENT_ID.SEQUENCE:
      case EVENT_ID.MAPPING: {
        const node = this.collection(event.type === EVENT_ID.MAPPING, event.style === 2, event);
        this.add(node, event.anchorStart, event.anchorEnd);
        this.open.push(node);
        break;
      }
    }
  }

  private add(node: YamlNode, anchorStart: number, anchorEnd: number): void {
    if (anchorStart >= 0) {
      node.anchor = this.text.slice(anchorStart, anchorEnd);
      this.anchors.set(node.anchor, node);
    }
    (this.open[this.open.length - 1] as YamlNode).content.push(node);
  }

  private scalar(event: ScalarEvent): YamlNode {
    const style = styleOf[event.style] ?? 0;
    const read = getScalarValue(this.text, event);
    const value = (style & BLOCK) !== 0 && this.endsInMidLine(event.valueEnd) ? read.replace(/\n$/, '') : read;
    const node = new YamlNode('scalar', '', value, style);
    if (event.valueStart >= 0) node.line = this.lineAt(event.valueStart);
    else node.line = this.line;
    const tag = this.tagOf(event.tagStart, event.tagEnd);
    if (tag !== '') {
      node.tag = tag;
      node.style |= STYLE.tagged;
    } else if (style !== 0) node.tag = TAG.str;
    else node.tag = value === '<<' ? TAG.merge : resolvePlain(value, 'v3').tag;
    if (event.tagStart >= 0 && tag === '') node.style |= STYLE.bare;
    return node;
  }

  /** libyaml gives a block scalar no more line breaks than there are: none for a last line that has none. */
  private endsInMidLine(end: number): boolean {
    return end === this.text.length && !this.text.endsWith('\n') && !this.text.endsWith('\r');
  }

  private collection(
    mapping: boolean,
    flow: boolean,
    event: { start: number; tagStart: number; tagEnd: number },
  ): YamlNode {
    const tag = this.tagOf(event.tagStart, event.tagEnd);
    const node = new YamlNode(mapping ? 'mapping' : 'sequence', tag === '' ? (mapping ? TAG.map : TAG.seq) : tag);
    node.style = (flow ? STYLE.flow : 0) | (tag === '' ? 0 : STYLE.tagged);
    node.line = this.lineAt(event.start);
    return node;
  }

  private alias(name: string, position: number): YamlNode {
    const node = new YamlNode('alias', '', name);
    node.line = this.lineAt(position);
    node.alias = this.anchors.get(name);
    if (node.alias === undefined) {
      throw new YamlError(`unknown anchor '${name}' referenced`, { file: this.file, line: node.line });
    }
    return node;
  }

  /** Lines are counted as events come, in order; one that lies before the last one keeps the last one's line. */
  private lineAt(position: number): number {
    while (this.nextBreak >= 0 && this.nextBreak < position) {
      this.line++;
      this.nextBreak = this.text.indexOf('\n', this.nextBreak + 1);
    }
    return this.line;
  }

  /** The short form of an explicit tag: `!!str`, `!custom`; `''` for none and for the non-specific `!`. */
  private tagOf(start: number, end: number): string {
    if (start < 0) return '';
    const raw = this.text.slice(start, end);
    if (raw === '!') return '';
    const full = raw.startsWith('!<') ? raw.slice(2, -1) : this.expandTag(raw);
    return full.startsWith('tag:yaml.org,2002:') ? `!!${full.slice('tag:yaml.org,2002:'.length)}` : full;
  }

  private expandTag(raw: string): string {
    const second = raw.indexOf('!', 1);
    const handle = second < 0 ? '!' : raw.slice(0, second + 1);
    const prefix = this.handles[handle] ?? (handle === '!!' ? 'tag:yaml.org,2002:' : handle);
    return prefix + raw.slice(handle.length);
  }
}
