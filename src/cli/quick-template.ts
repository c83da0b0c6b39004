import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { printAtOnce } from './print-at-once.ts';
import { runTemplate, type TemplateFlags, warningLine } from './run-template.ts';
import { defaultTemplateFlags, nameAndChart, templateFlags } from './template-flags.ts';

/** It can be read only once, and the full command may have to look again. */
const STANDARD_INPUT = '-';
/** The last compiler's work costs a fifth of the time that one rendering takes, and comes too late to be of use. */
const NO_LAST_TIER = '--no-opt';

/**
 * `sluice template` where nothing is wrong: prints the result, and answers true. Answers false, and has written nothing
 * but files for `--output-dir`, where the full command has to look again: for help and errors.
 * The compiled program has this and all that it imports in one file, compiled already (tools/precompile.ts).
 */
export function quickTemplate(args: readonly string[]): boolean {
  try {
    const { flags, positionals } = read(args);
    const [first, second, ...more] = positionals;
    if (first === undefined || more.length > 0 || flags.values.includes(STANDARD_INPUT)) return false;
    setFlagsFromString(NO_LAST_TIER);
    const printed: string[] = [];
    const warnings: string[] = [];
    const warn = (message: string): void => void warnings.push(warningLine(message));
    runTemplate(...nameAndChart(first, second), flags, (text) => printed.push(text), warn);
    if (warnings.length > 0) process.stderr.write(warnings.join(''));
    printAtOnce(printed.join(''));
    return true;
  } catch {
    return false;
  }
}

function read(args: readonly string[]): { readonly flags: TemplateFlags; readonly positionals: readonly string[] } {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: Object.fromEntries(
      templateFlags.map(({ name, short, value, many }) => [
        name,
        {
          type: value === undefined ? ('boolean' as const) : ('string' as const),
          multiple: many !== undefined,
          ...(short === undefined ? {} : { short }),
        },
      ]),
    ),
  });
  const given = templateFlags.flatMap(({ name, many }) => {
    const value = values[name];
    if (value === undefined) return [];
    return [[camelCase(name), many === 'commas' ? [value].flat().flatMap((text) => String(text).split(',')) : value]];
  });
  const { noHooks, ...rest } = Object.fromEntries(given);
  return { flags: { ...defaultTemplateFlags, ...rest, hooks: noHooks !== true }, positionals };
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
