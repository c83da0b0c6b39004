import { ExecError, FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { ParseError } from '../../gotemplate/parse/parse.ts';
import { quote } from '../../gotemplate/parse/quote.ts';
import { GoMap, type Runtime, type Value } from '../../gotemplate/value/values.ts';
import { hostOf, lintOf } from '../host.ts';
import { marked } from './chart-error.ts';
import { group, isNil, text } from './kit.ts';
import { templateValue } from './yaml.ts';

/** What Helm gives charts to put them together (engine.go). */
export const chartFunctions = group([
  ['include', '(string, any) (string, error)', include],
  ['tpl', '(string, any) (string, error)', ([template, data], runtime) => tpl(text(template), data, runtime)],
  ['required', '(string, any) (any, error)', ([message, value], runtime) => required(text(message), value, runtime)],
  [
    'lookup',
    '(string, string, string, string) (map[string]any, error)',
    ([apiVersion, kind, namespace, name], runtime) => {
      const found = hostOf(runtime).lookup?.(text(apiVersion), text(kind), text(namespace), text(name));
      return found === undefined ? new GoMap() : templateValue(found);
    },
  ],
  ['getHostByName', '(string) string', ([name], runtime) => hostOf(runtime).addresses?.(text(name))[0] ?? ''],
]);

/** How often a template may be included within itself (engine.go, recursionMaxNums). */
const MAX_NESTED = 1000;
/** How often each template is being included, by execution. */
const nested = new WeakMap<Runtime, Map<string, number>>();

/** It is called as it is, without a function around it: a thousand of them nest. */
function include([wanted, data]: readonly Value[], runtime: Runtime): string {
  const name = text(wanted);
  const counts = nested.getOrInsertComputed(runtime, () => new Map());
  const count = counts.get(name) ?? 0;
  if (count > MAX_NESTED)
    throw new FunctionError(`rendering template has a nested reference name: ${name}: unable to execute template`);
  counts.set(name, count + 1);
  const output = runtime.execute(name, data ?? undefined);
  counts.set(name, count);
  return output;
}

function tpl(template: string, data: Value, runtime: Runtime): string {
  try {
    return runtime.executeText(template, data ?? undefined).replaceAll('<no value>', '');
  } catch (error) {
    if (error instanceof ParseError)
      throw new FunctionError(`cannot parse template ${quote(template)}: ${error.message}`);
    if (!(error instanceof ExecError)) throw error;
    throw new FunctionError(`error during tpl function execution for ${quote(template)}: ${error.message}`);
  }
}

/** Insists on a value: nil and the empty text are none. */
function required(message: string, value: Value, runtime: Runtime): Value {
  if (!isNil(value) && value !== '') return value;
  const lint = lintOf(runtime);
  if (lint === undefined) throw new FunctionError(marked(message));
  lint('WARN', isNil(value) ? 'missing required value' : 'missing required values', message);
  return '';
}
