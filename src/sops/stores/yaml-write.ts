import { analyzeScalar, writeDouble, writeSingle } from '../../yaml/emit-scalar.ts';
import { formatFloat } from '../../yaml/go-number.ts';
import { TAG } from '../../yaml/node.ts';
import { isBase60, isOldBoolean, resolvePlain } from '../../yaml/resolve.ts';
import { Branch, type Branches, Comment, isList, Timestamp, type Value } from '../document.ts';

const step = 4;

/**
 * Documents as SOPS writes them, with go-yaml v3: indented by four, sequences too, every style anew, comments above or
 * behind what they stood at (getsops/sops stores/yaml, go.yaml.in/yaml/v3 emitterc.go).
 */
export function writeYaml(branches: Branches): string {
  return branches.map((branch, i) => `${i === 0 && !isEmpty(branch) ? '' : '---\n'}${document(branch)}`).join('');
}

function document(branch: Branch): string {
  if (isEmpty(branch)) return '{}\n';
  const emitter = new Emitter();
  emitter.mapping(branch, 0);
  return emitter.text;
}

function isEmpty(branch: Branch): boolean {
  return branch.items.every(({ key }) => key instanceof Comment);
}

/** Comments that wait for what they belong to. */
interface Waiting {
  above: string[];
  behind: string[];
}

class Emitter {
  readonly #out: string[] = [];
  /** The last text that was written ends with a line break; also at the beginning. */
  #atLineStart = true;
  /** The next entry stands on the line of the dash before it. */
  #behindDash = false;
  /** Comments at the end of a block ask for an empty line if something follows at the same indentation. */
  #footIndent = -1;

  /** Ends with a line break. */
  get text(): string {
    return this.#out.join('') + (this.#atLineStart ? '' : '\n');
  }

  #write(text: string): void {
    if (text === '') return;
    this.#out.push(text);
    this.#atLineStart = text.endsWith('\n');
  }

  mapping({ items }: Branch, indent: number): void {
    const waiting: Waiting = { above: [], behind: [] };
    for (const { key, value } of items) {
      if (key instanceof Comment) {
        (key.inline ? waiting.behind : waiting.above).push(key.text);
        continue;
      }
      this.#comments(waiting.above, indent);
      this.#startLine(indent);
      this.#key(key, indent);
      this.#member(value, indent, nextIndent(indent), commentOf(waiting.behind));
      waiting.above = [];
      waiting.behind = [];
    }
    this.#foot([...waiting.above, ...waiting.behind], indent);
  }

  #sequence(values: readonly Value[], indent: number): void {
    const waiting: Waiting = { above: [], behind: [] };
    for (const value of values) {
      if (value instanceof Comment) {
        (value.inline ? waiting.behind : waiting.above).push(value.text);
        continue;
      }
      const { comments, rest } = withoutHead(value);
      this.#comments([...waiting.above, ...comments], indent);
      this.#startLine(indent);
      this.#write('-');
      this.#item(rest, indent + 2, commentOf(waiting.behind));
      waiting.above = [];
      waiting.behind = [];
    }
    this.#foot([...waiting.above, ...waiting.behind], indent);
  }

  /** The first entry of a collection in a sequence stands on the line of the dash. */
  #item(value: Value, indent: number, comment: string): void {
    if (value instanceof Branch && !isEmpty(value)) {
      this.#behindDash = true;
      this.mapping(value, indent);
    } else if (isFilledList(value)) {
      this.#behindDash = true;
      this.#sequence(value, indent);
    } else this.#member(value, indent - 2, indent, comment);
  }

  #startLine(indent: number): void {
    if (this.#behindDash) {
      this.#behindDash = false;
      this.#write(' ');
      return;
    }
    if (!this.#atLineStart) this.#write('\n');
    if (this.#footIndent === indent) this.#write('\n');
    this.#footIndent = -1;
    this.#write(' '.repeat(indent));
  }

  #comments(texts: readonly string[], indent: number): void {
    for (const text of texts) {
      this.#startLine(indent);
      this.#write(`#${text}\n`);
    }
  }

  #foot(texts: readonly string[], indent: number): void {
    if (texts.length === 0) return;
    this.#comments(texts, indent);
    this.#footIndent = indent;
  }

  #key(key: string, indent: number): void {
    if (analyzeScalar(key, 'v3').multiline || Buffer.byteLength(key) > 128) {
      this.#write(`? ${scalarText(key, true, indent, nextIndent(indent))}`);
      this.#startLine(indent);
      this.#write(':');
    } else this.#write(`${scalarText(key, true, indent, indent)}:`);
  }

  #member(value: Value, indent: number, inner: number, comment: string): void {
    if (value instanceof Branch && !isEmpty(value)) this.mapping(value, nextIndent(indent));
    else if (isFilledList(value)) this.#sequence(value, nextIndent(indent));
    else {
      const text = leafText(value, indent, inner);
      const newline = text.indexOf('\n');
      const block = newline >= 0 && text.startsWith('|');
      if (block) this.#write(` ${text.slice(0, newline)}${comment}${text.slice(newline)}`);
      else this.#write(`${text === '' ? '' : ' '}${text}${comment}`);
    }
  }
}

/** Comments at the beginning of a collection in a sequence are written above its dash. */
function withoutHead(value: Value): { readonly comments: readonly string[]; readonly rest: Value } {
  if (value instanceof Branch && !isEmpty(value)) {
    const count = value.items.findIndex(({ key }) => !(key instanceof Comment) || key.inline);
    const comments = value.items.slice(0, count).flatMap(({ key }) => (key instanceof Comment ? [key.text] : []));
    return { comments, rest: new Branch(value.items.slice(count)) };
  }
  if (isFilledList(value)) {
    const count = value.findIndex((item) => !(item instanceof Comment) || item.inline);
    const comments = value.slice(0, count).flatMap((item) => (item instanceof Comment ? [item.text] : []));
    return { comments, rest: value.slice(count) };
  }
  return { comments: [], rest: value };
}

/** go-yaml aligns everything but what is in a sequence to multiples of the step. */
function nextIndent(indent: number): number {
  return step * Math.floor((indent + step) / step);
}

function commentOf(texts: readonly string[]): string {
  return texts.length === 0 ? '' : ` ${texts.map((text) => `#${text}`).join('\n')}`;
}

function isFilledList(value: Value): value is readonly Value[] {
  return value !== null && isList(value) && value.some((item) => !(item instanceof Comment));
}

function leafText(value: Value, indent: number, inner: number): string {
  if (value === null) return 'null';
  if (value instanceof Branch) return '{}';
  if (value instanceof Timestamp) return value.text;
  if (value instanceof Comment) return scalarText(value.text, false, indent, inner);
  if (value instanceof Uint8Array) return `!!binary ${Buffer.from(value).toString('base64')}`;
  switch (typeof value) {
    case 'string':
      return scalarText(value, false, indent, inner);
    case 'number':
      return formatFloat(value);
    case 'object':
      return '[]';
    default:
      return String(value);
  }
}

/** A text in the style that go-yaml chooses: plain where it stays a text, a literal block for several lines. */
function scalarText(text: string, key: boolean, indent: number, inner: number): string {
  const at = { column: 0, indent: inner, width: Number.POSITIVE_INFINITY };
  const analysis = analyzeScalar(text, 'v3');
  if (text.includes('\n')) {
    const literal = analysis.block && !key && !(/^[ \n]/.test(text) && inner - indent !== step);
    return literal ? literalBlock(text, inner) : writeDouble(text, at, false);
  }
  // A node made of this text is a merge to go-yaml, which has to be said where the text alone does not.
  if (text === '<<') return '!!merge <<';
  const ambiguous = resolvePlain(text, 'v3').tag !== TAG.str || isBase60(text) || isOldBoolean(text);
  if (ambiguous) return writeDouble(text, at, false);
  if (analysis.blockPlain && !(text === '' && key)) return text;
  return analysis.single ? writeSingle(text, at, false) : writeDouble(text, at, false);
}

/** A literal block; the hint for texts that begin with a space names the step (write_block_scalar_hints). */
function literalBlock(text: string, indent: number): string {
  const hint = /^[ \n\u0085\u2028\u2029]/.test(text) ? String(step) : '';
  const chomp = text.endsWith('\n') ? (text === '\n' || text.endsWith('\n\n') ? '+' : '') : '-';
  return `|${hint}${chomp}\n${text.replace(/^(?=.)/gm, ' '.repeat(indent))}`;
}
