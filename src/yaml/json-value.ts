import { isRawJson } from '../lib/json.ts';
import { setMember } from './decode.ts';
import { analyzeScalar, writeFolded } from './emit-scalar.ts';
import { formatFloat } from './go-number.ts';
import { compareKeys } from './natural-order.ts';
import { QUOTED, STYLE, TAG, YamlNode } from './node.ts';
import { parseNodes } from './parse-nodes.ts';
import { isBase60, isOldBoolean, resolvePlain, resolveTagged, type ScalarValue } from './resolve.ts';
import { YamlError } from './yaml-error.ts';

/**
 * The JSON value that kustomize makes of a tree: as if it had been written by go-yaml v3 and read again, which decides
 * the type of scalars anew. Keys come in the order in which they are written. Throws {@link YamlError} on duplicate
 * keys, keys that are no strings, and numbers that JSON lacks.
 */
export function jsonValue(node: YamlNode): unknown {
  return convert(node, false, true);
}

function convert(node: YamlNode, flow: boolean, root: boolean): unknown {
  switch (node.kind) {
    case 'scalar':
      return scalarValue(node, flow);
    case 'mapping':
      return mappingValue(node, flow || (node.style & STYLE.flow) !== 0, root);
    case 'sequence': {
      const inFlow = flow || (node.style & STYLE.flow) !== 0;
      return node.content.map((item) => convert(item, inFlow, false));
    }
    case 'alias':
      throw new YamlError(`alias '${node.value}' was not expanded`, { line: node.line });
    case 'none':
      return null;
  }
}

function mappingValue(node: YamlNode, flow: boolean, root: boolean): Record<string, unknown> {
  const { content } = node;
  const entries = new Map<string, YamlNode>();
  for (let i = 0; i + 1 < content.length; i += 2) {
    const key = content[i] as YamlNode;
    const name = keyName(key, root);
    if (name === undefined) continue;
    if (entries.has(name)) throw new YamlError(`mapping key "${name}" is defined twice`, { line: key.line });
    entries.set(name, content[i + 1] as YamlNode);
  }
  const result: Record<string, unknown> = {};
  for (const name of sorted([...entries.keys()]))
    setMember(result, name, convert(entries.get(name) as YamlNode, flow, false));
  return result;
}

function sorted(names: string[]): string[] {
  return names.length < 2 ? names : names.sort(compareKeys);
}

/** Only at the root may a key be anything but null: there it is taken as text, and one without text is left out. */
function keyName(key: YamlNode, root: boolean): string | undefined {
  if (key.kind !== 'scalar') throw new YamlError('a mapping key must be a scalar', { line: key.line });
  if (key.tag === TAG.str && (key.style & STYLE.tagged) === 0) return key.value;
  const value = scalarValue(key, false);
  if (typeof value === 'string' && !isTimestamp(key)) return value;
  if (root && value !== null) return key.value;
  if (root && key.value === '') return undefined;
  throw new YamlError(`mapping key ${key.value} must be a string: quote it`, { line: key.line });
}

function isTimestamp({ tag, style, value }: YamlNode): boolean {
  return (
    tag === TAG.timestamp || (tag === '' && (style & QUOTED) === 0 && resolvePlain(value, 'v3').tag === TAG.timestamp)
  );
}

/** What a scalar is once it has been written and read again. */
export function scalarValue(node: YamlNode, flow: boolean): ScalarValue {
  const { tag, style, value } = node;
  const quoted = (style & QUOTED) !== 0;
  if ((style & STYLE.folded) !== 0 && !flow) return refolded(value);
  if ((style & STYLE.tagged) === 0) {
    if (tag === TAG.str) return value;
    const plain = resolvePlain(value, 'v3');
    if (tag === '' || plain.tag === tag) {
      if (quoted || value.includes('\n')) return value;
      return finite(node, flow ? inFlow(value, plain.value) : plain.value);
    }
  }
  if (tag === '') return quoted ? value : finite(node, resolvePlain(value, 'v3').value);
  try {
    return finite(node, resolveTagged(tag, value, 'v3'));
  } catch (error) {
    if (error instanceof YamlError) throw error;
    throw new YamlError(error instanceof Error ? error.message : String(error), { line: node.line });
  }
}

/** What a folded block is once it was written and read: writing it again may add empty lines. */
function refolded(text: string): string {
  if (!text.includes('\n') || !analyzeScalar(text, 'v3').block) return text;
  const written = writeFolded(text, 2);
  // Where all line breaks at the end are kept, one more would count.
  const [node] = parseNodes(`- ${written}${written.endsWith('\n') ? '' : '\n'}`);
  return node?.content[0]?.value ?? text;
}

/** Inside of `{}` and `[]` what cannot stand plain is quoted, and so becomes text: nothing at all, times with colons. */
function inFlow(text: string, value: ScalarValue): ScalarValue {
  if (typeof value === 'string' && value === text) return value;
  return text === '' || !analyzeScalar(text, 'v3').flowPlain ? text : value;
}

function finite(node: YamlNode, value: ScalarValue): ScalarValue {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new YamlError(`${node.value} cannot be written as JSON`, { line: node.line });
  }
  return value;
}

/**
 * The tree that go-yaml v3 makes of a JSON value when it writes it and reads it back, after encoding/json has made
 * float64 of every number: 1000000 is `1e+06`, integers beyond 2^53 lose their last digits.
 */
export function nodeOfJson(value: unknown): YamlNode {
  if (typeof value === 'string') return textNode(value);
  if (typeof value === 'number') return numberNode(value);
  if (typeof value === 'boolean') return new YamlNode('scalar', TAG.bool, String(value));
  if (value === null || value === undefined) return new YamlNode('scalar', TAG.null, 'null');
  if (isRawJson(value)) return numberNode(Number(value.rawJSON));
  if (Array.isArray(value)) {
    return new YamlNode('sequence', TAG.seq, '', value.length === 0 ? STYLE.flow : 0, value.map(nodeOfJson));
  }
  const content: YamlNode[] = [];
  for (const [name, member] of Object.entries(value)) content.push(textNode(name), nodeOfJson(member));
  return new YamlNode('mapping', TAG.map, '', content.length === 0 ? STYLE.flow : 0, content);
}

function numberNode(value: number): YamlNode {
  const text = formatFloat(value);
  return new YamlNode('scalar', resolvePlain(text, 'v3').tag, text);
}

function textNode(value: string): YamlNode {
  return new YamlNode('scalar', value === '<<' ? TAG.merge : TAG.str, value, textStyle(value));
}

/** The style in which go-yaml v3 writes a string. */
function textStyle(value: string): number {
  const analysis = analyzeScalar(value, 'v3');
  if (value.includes('\n')) return analysis.block ? STYLE.literal : STYLE.double;
  if (resolvePlain(value, 'v3').tag !== TAG.str || isBase60(value) || isOldBoolean(value)) return STYLE.double;
  if (analysis.blockPlain) return 0;
  return analysis.single ? STYLE.single : STYLE.double;
}
