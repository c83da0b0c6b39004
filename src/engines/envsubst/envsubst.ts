import { EnvsubstError } from './envsubst-error.ts';
import { maxOutput, substitute } from './functions.ts';
import { parseTemplate, type TemplateNode } from './parse.ts';

/** How missing variables are taken. */
export interface EnvsubstOptions {
  /** A variable without a value is an error, unless the expression brings a default. Otherwise it is empty. */
  readonly strict?: boolean;
}

/** These read a default instead of the value, so that they may meet a missing variable. */
const defaultOperators: ReadonlySet<string> = new Set(['-', '+', '=', '?', ':-', ':+', ':=', ':?']);

/**
 * Replaces `${var}` and bash-like expressions in a template, as Flux's envsubst does: `${v:-x}`, `${v/a/b}`,
 * `${v:1:2}`, `${#v}`, `${v^^}`, nested in each other; `$$` is a dollar sign, `$var` stays as it is. `vars` answers
 * undefined for a variable that has no value. Throws {@link EnvsubstError}.
 */
export function envsubst(
  template: string,
  vars: (name: string) => string | undefined,
  { strict = false }: EnvsubstOptions = {},
): string {
  if (!template.includes('$')) return parseTemplate(template).map(textOf).join('');
  let produced = 0;
  const evaluate = (node: TemplateNode): string => {
    const text = node.kind === 'text' ? node.value : call(node);
    produced += text.length;
    if (produced > maxOutput) throw new EnvsubstError(`the result is longer than ${maxOutput} characters`);
    return text;
  };
  const call = (node: TemplateNode & { readonly kind: 'call' }): string => {
    const args = node.args.map(evaluate);
    const value = vars(node.param);
    if (value === undefined && strict && !defaultOperators.has(node.name)) {
      throw new EnvsubstError(`variable not set (strict mode): ${JSON.stringify(node.param)}`);
    }
    return substitute(node.name, value ?? '', args);
  };
  return parseTemplate(template).map(evaluate).join('');
}

function textOf(node: TemplateNode): string {
  return node.kind === 'text' ? node.value : '';
}
