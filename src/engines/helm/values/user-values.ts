import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { GoMap } from '../../gotemplate/value/values.ts';
import { ChartError } from '../chart/fault.ts';
import { mergeMaps, readValues } from '../chart/load.ts';
import { JsonFault, readJson } from '../functions/json-read.ts';
import { parseInto, type SetMode, StrvalsError } from './strvals.ts';

/** What users say of values, each list in the order in which it was given. */
export interface UserValues {
  /** Values files: their texts, and names for errors. */
  readonly files?: readonly { readonly name: string; readonly text: string }[];
  /** `--set-json`. */
  readonly setJson?: readonly string[];
  /** `--set`. */
  readonly set?: readonly string[];
  /** `--set-string`. */
  readonly setString?: readonly string[];
  /** `--set-file`. */
  readonly setFile?: readonly string[];
  /** `--set-literal`. */
  readonly setLiteral?: readonly string[];
}

/**
 * Everything that users give, merged as Helm merges it: files first, then the flags in a fixed order, later ones winning
 * (pkg/cli/values, MergeValues). `readFile` serves `--set-file`. Throws StrvalsError, or ChartError for a file that is no
 * YAML.
 */
export function mergeUserValues(given: UserValues, readFile: (path: string) => string): GoMap {
  let values = new GoMap();
  for (const { name, text } of given.files ?? []) values = mergeMaps(values, readNamed(name, text));
  for (const text of given.setJson ?? []) values = setJson(values, text);
  const flags: readonly (readonly [string, readonly string[] | undefined, SetMode])[] = [
    ['--set', given.set, 'typed'],
    ['--set-string', given.setString, 'string'],
    ['--set-file', given.setFile, { file: readFile }],
    ['--set-literal', given.setLiteral, 'literal'],
  ];
  for (const [flag, texts, mode] of flags) for (const text of texts ?? []) parseFlag(flag, text, values, mode);
  return values;
}

function readNamed(name: string, text: string): GoMap {
  try {
    return readValues(text);
  } catch (error) {
    if (!(error instanceof FunctionError)) throw error;
    throw new ChartError(`failed to parse ${name}: cannot unmarshal yaml document: ${error.message}`, { cause: error });
  }
}

/** Either a whole object, or keys whose values are JSON. */
function setJson(values: GoMap, text: string): GoMap {
  if (!text.trim().startsWith('{')) {
    return setKeys(values, text);
  }
  try {
    const object = readJson(text);
    return object instanceof GoMap ? mergeMaps(values, object) : values;
  } catch (error) {
    if (error instanceof JsonFault) throw new StrvalsError(`failed parsing --set-json data JSON: ${text}`);
    throw error;
  }
}

/** What is wrong with the JSON is not told: Helm shows the whole text instead. */
function setKeys(values: GoMap, text: string): GoMap {
  try {
    parseInto(text, values, 'json');
    return values;
  } catch (error) {
    if (!(error instanceof StrvalsError)) throw error;
    throw new StrvalsError(`failed parsing --set-json data ${text}`, { cause: error });
  }
}

function parseFlag(flag: string, text: string, values: GoMap, mode: SetMode): void {
  try {
    parseInto(text, values, mode);
  } catch (error) {
    if (!(error instanceof StrvalsError)) throw error;
    throw new StrvalsError(`failed parsing ${flag} data: ${error.message}`, { cause: error });
  }
}
