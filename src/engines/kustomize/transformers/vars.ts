import { isStringNode } from '../../../yaml/fields.ts';
import { formatFloat } from '../../../yaml/go-number.ts';
import { TAG, type YamlNode } from '../../../yaml/node.ts';
import type { Budget } from '../budget.ts';
import { BuildError } from '../build-error.ts';
import type { FieldSpec } from '../config/field-spec.ts';
import { lookup } from '../paths/lookup.ts';
import { splitFieldPath } from '../paths/split.ts';
import { eachResource } from '../resource/each.ts';
import type { Resource } from '../resource/resource.ts';
import { walkField } from './field-walk.ts';
import type { Transformer } from './transformer.ts';

/** A scalar that a variable stands for: its text, and the tag with which it replaces a whole text. */
export interface VarValue {
  readonly text: string;
  readonly tag: string;
}

/** The scalar at a field path of an object; maps and lists are undefined: they replace nothing. Throws when missing. */
export function varValueAt(resource: Resource, fieldPath: string): VarValue | undefined {
  const path = splitFieldPath(fieldPath).flatMap((part) => {
    const indexed = /^(.*)\[(\d+)\]$/.exec(part);
    return indexed === null ? [part] : [indexed[1] ?? '', indexed[2] ?? ''].filter((piece) => piece !== '');
  });
  const node = lookup(resource.node, path);
  if (node === undefined)
    throw new BuildError(`no field named '${fieldPath}'`, { field: fieldPath, file: resource.file });
  if (node.kind !== 'scalar') return undefined;
  switch (node.tag) {
    case TAG.int:
      if (!/^[-+]?\d+$/.test(node.value))
        throw new BuildError(`'${node.value}' in '${fieldPath}' is no decimal integer`);
      return { text: node.value.replace(/^(-?)\+?0*(?=\d)/, '$1'), tag: TAG.int };
    case TAG.float:
      return { text: String(Number(node.value)), tag: TAG.float };
    case TAG.bool:
      return { text: node.value.toLowerCase(), tag: TAG.bool };
    default:
      return { text: node.value, tag: TAG.str };
  }
}

/** Puts values in the place of `$(VAR)` in the fields that the specs name (api/filters/refvar). */
export function varTransformer(
  values: ReadonlyMap<string, VarValue | undefined>,
  specs: readonly FieldSpec[],
  budget: Budget,
): Transformer {
  const set = (node: YamlNode): void => replaceIn(node, (item) => expand(item, values, budget));
  return {
    transform: (map) => {
      eachResource(map.resources, ({ node }) => {
        for (const spec of specs) walkField(node, spec, { set });
      });
    },
  };
}

function replaceIn(node: YamlNode, expandItem: (item: YamlNode) => void): void {
  if (node.tag === TAG.null) return;
  if (node.kind === 'scalar') {
    if (isStringNode(node)) expandItem(node);
    return;
  }
  const isMap = node.kind === 'mapping';
  node.content.forEach((item, i) => {
    const isKey = isMap && i % 2 === 0;
    if (isKey && !isStringNode(item)) throw new BuildError(`invalid map key: value='${item.value}', tag='${item.tag}'`);
    if (isKey || (isMap && !isStringNode(item))) return;
    if (!isStringNode(item)) throw new BuildError('invalid value type expect a string');
    expandItem(item);
  });
}

function expand(node: YamlNode, values: ReadonlyMap<string, VarValue | undefined>, budget: Budget): void {
  const { text, tag } = expandText(node.value, values, (length) => budget.grow(0, length));
  node.value = text;
  node.tag = tag;
  node.style = 0;
}

/**
 * Replaces `$(VAR)`; `$$` is a dollar sign, a variable that is not known stays. A lone variable keeps its type. `spend` is told
 * how much text each value adds.
 */
export function expandText(
  text: string,
  values: ReadonlyMap<string, VarValue | undefined>,
  spend: (length: number) => void = () => undefined,
): VarValue {
  let out = '';
  let close = text.indexOf(')');
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    const next = text[i + 1];
    if (char !== '$' || next === undefined) {
      out += char;
      continue;
    }
    i++;
    if (next !== '(') {
      out += next === '$' ? '$' : `$${next}`;
      continue;
    }
    if (close >= 0 && close < i) close = text.indexOf(')', i);
    if (close < 0) {
      out += '$(';
      continue;
    }
    const name = text.slice(i + 1, close);
    const value = values.get(name);
    spend(value?.text.length ?? 0);
    if (value !== undefined && text === `$(${name})`) return value;
    out += value === undefined ? `$(${name})` : embedded(value);
    i = close;
  }
  return { text: out, tag: TAG.str };
}

function embedded({ text, tag }: VarValue): string {
  if (tag !== TAG.float) return text;
  const value = Number(text);
  return Math.abs(value) >= 1e21 || (value !== 0 && Math.abs(value) < 1e-4) ? formatFloat(value) : text;
}
