import { analyzeScalar, writeDouble, writeFolded, writeLiteral, writePlain, writeSingle } from './emit-scalar.ts';
import { LineWriter } from './line-writer.ts';
import { QUOTED, STYLE, TAG, type YamlNode } from './node.ts';
import { resolvePlain } from './resolve.ts';

export interface EmitNodeOptions {
  /** A sequence in a mapping stands two columns further in, as go-yaml v3 has it unless it is told otherwise. */
  readonly indentSequences?: boolean;
}

/**
 * A tree as text, as go-yaml v3 writes it in kustomize: styles kept, indentation 2, sequences not indented, lines
 * never folded. Comments are lost: they were not read.
 */
export function emitNode(node: YamlNode, { indentSequences = false }: EmitNodeOptions = {}): string {
  const emitter = new NodeEmitter(indentSequences);
  emitter.root(node);
  return emitter.out.text();
}

/** Where a node stands: in block or flow, and whether it is a key on one line. */
interface Place {
  readonly indent: number;
  readonly flow: boolean;
  readonly key: boolean;
}

class NodeEmitter {
  readonly out = new LineWriter();
  readonly #indentSequences: boolean;

  constructor(indentSequences: boolean) {
    this.#indentSequences = indentSequences;
  }

  root(node: YamlNode): void {
    if (node.kind === 'none') this.out.add('null');
    else if (isBlock(node)) this.block(node, 0, true);
    else this.inline(node, { indent: 0, flow: false, key: false }, 0);
  }

  private block(node: YamlNode, indent: number, inline: boolean): void {
    const { content } = node;
    if (node.kind === 'sequence') {
      content.forEach((item, i) => {
        if (i > 0 || !inline) this.out.newline(indent);
        this.out.add('-');
        this.member(item, indent, indent + 2, true);
      });
      return;
    }
    for (let i = 0; i + 1 < content.length; i += 2) {
      if (i > 0 || !inline) this.out.newline(indent);
      const key = content[i] as YamlNode;
      const value = content[i + 1] as YamlNode;
      this.inline(key, { indent, flow: false, key: true }, indent);
      this.out.add(':');
      this.member(value, indent, value.kind === 'sequence' && !this.#indentSequences ? indent : indent + 2, false);
    }
  }

  private member(node: YamlNode, indent: number, inner: number, afterDash: boolean): void {
    if (isBlock(node) && explicitTag(node) === '') {
      if (afterDash) this.out.add(' ');
      else this.out.newline(inner);
      this.block(node, inner, true);
      return;
    }
    const before = this.out.line;
    this.out.add(' ');
    this.inline(node, { indent, flow: false, key: false }, inner);
    if (this.out.line === `${before} `) this.out.chop(1);
  }

  private inline(node: YamlNode, place: Place, inner: number): void {
    const tag = explicitTag(node);
    if (tag !== '') this.out.add(tag);
    if (node.kind === 'alias') this.out.add(`*${node.value}`);
    else if (node.kind === 'scalar') {
      const text = this.scalar(node, place, tag !== '');
      this.out.add(tag !== '' && text !== '' ? ` ${text}` : text);
    } else if (isBlock(node) && !place.flow) {
      this.out.newline(inner);
      this.block(node, inner, true);
    } else this.flow(node, place, tag !== '');
  }

  private flow(node: YamlNode, place: Place, spaced: boolean): void {
    if (spaced) this.out.add(' ');
    const inside: Place = { ...place, flow: true };
    this.out.add(node.kind === 'sequence' ? '[' : '{');
    const step = node.kind === 'sequence' ? 1 : 2;
    for (let i = 0; i < node.content.length; i += step) {
      if (i > 0) this.out.add(', ');
      this.inline(node.content[i] as YamlNode, { ...inside, key: step === 2 }, place.indent);
      if (step === 1) continue;
      this.out.add(': ');
      this.inline(node.content[i + 1] as YamlNode, inside, place.indent);
    }
    this.out.add(node.kind === 'sequence' ? ']' : '}');
  }

  private scalar(node: YamlNode, { indent, flow, key }: Place, tagged: boolean): string {
    const { value, style } = node;
    const analysis = analyzeScalar(value, 'v3');
    const at = { column: 0, indent: indent + 2, width: Number.POSITIVE_INFINITY };
    const wanted = wantedStyle(node);
    if (key && analysis.multiline) return writeDouble(value, at, false);
    if (wanted === STYLE.literal || wanted === STYLE.folded) {
      if (!analysis.block || flow || key) return writeDouble(value, at, false);
      return wanted === STYLE.literal ? writeLiteral(value, indent + 2) : writeFolded(value, indent + 2);
    }
    if (wanted === STYLE.double) return writeDouble(value, at, false);
    const mayBePlain = flow ? analysis.flowPlain : analysis.blockPlain;
    const bareEmpty = value === '' && (flow || key);
    if (wanted === 0 && mayBePlain && !bareEmpty)
      return tagged && (style & QUOTED) !== 0 ? value : writePlain(value, at, false);
    return analysis.single ? writeSingle(value, at, false) : writeDouble(value, at, false);
  }
}

/** The style that a scalar asks for; text that would be read as something else asks for double quotes. */
function wantedStyle(node: YamlNode): number {
  for (const style of [STYLE.double, STYLE.single, STYLE.literal, STYLE.folded]) {
    if ((node.style & style) !== 0) return style;
  }
  if (node.value.includes('\n')) return STYLE.literal;
  if (node.tag !== TAG.str || (node.style & STYLE.tagged) !== 0) return 0;
  return resolvePlain(node.value, 'v3').tag === TAG.str ? 0 : STYLE.double;
}

function isBlock(node: YamlNode): boolean {
  return (
    (node.kind === 'mapping' || node.kind === 'sequence') && node.content.length > 0 && (node.style & STYLE.flow) === 0
  );
}

/** The tag that has to be written: one that was written, or that the text alone does not give. */
function explicitTag(node: YamlNode): string {
  const { tag, style, kind } = node;
  if (tag === '' || kind === 'alias') return '';
  if ((style & STYLE.tagged) !== 0) return tag;
  if (kind === 'mapping') return tag === TAG.map ? '' : tag;
  if (kind === 'sequence') return tag === TAG.seq ? '' : tag;
  if (tag === TAG.str) return '';
  return resolvePlain(node.value, 'v3').tag === tag ? '' : tag;
}
