import { helmCrypto } from '../../src/crypto/helm-crypto.ts';
import { TemplateSet } from '../../src/engines/gotemplate/template-set.ts';
import { toBytes } from '../../src/engines/gotemplate/value/go-text.ts';
import { GoMap, GoSlice, int, int64, type Value } from '../../src/engines/gotemplate/value/values.ts';
import { helmFunctions } from '../../src/engines/helm/functions/table.ts';
import { answered, type Suite } from './case-file.ts';

/** A template executed by Helm 4.2. */
export interface GotemplateCase {
  readonly name: string;
  readonly template: string;
  /** Parsed before it, by name. */
  readonly templates?: Readonly<Record<string, string>>;
  /** Dot, with its numbers as {@link NumberText}. */
  readonly data?: unknown;
  /** The Go type of whole numbers in `data`. */
  readonly num?: 'float64' | 'int64' | 'int';
  readonly strict?: boolean;
  readonly expect?: string;
  readonly error?: string;
}

/** A number as it was written: some are beyond 2^53. */
class NumberText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What the functions ask for: chance and time are the machine's. */
const host = {
  now: () => Date.now(),
  random: (count: number) => crypto.getRandomValues(new Uint8Array(count)),
  crypto: helmCrypto,
};

/** Templates with Helm's functions, as text: what is not UTF-8 is U+FFFD in the recordings. */
export const gotemplateSuite: Suite<GotemplateCase> = {
  parse: (line) =>
    JSON.parse(line, (key, value: unknown, context?: { readonly source?: string }) =>
      typeof value === 'number' && key !== 'line' && context?.source !== undefined
        ? new NumberText(context.source)
        : value,
    ),
  answer: ({ name, template, templates = {}, data, num, strict }) =>
    answered(name, () => {
      const set = new TemplateSet(helmFunctions);
      for (const [file, text] of Object.entries(templates)) set.parse(file, text);
      set.parse('case.yaml', template);
      const now = (): number => performance.now();
      const output = set.execute('case.yaml', templateValue(data, num) ?? undefined, {
        strict: strict === true,
        now,
        host,
      });
      return new TextDecoder().decode(toBytes(output.replaceAll('<no value>', '')));
    }),
  judge: (testCase, { output, error }) => {
    if (testCase.error === undefined) return output === testCase.expect ? 'bytes' : 'wrong';
    if (error === undefined) return 'wrong';
    return error === testCase.error ? 'bytes' : 'wrong';
  },
};

function templateValue(data: unknown, num: GotemplateCase['num']): Value {
  if (data instanceof NumberText) return numberOf(data.text, num);
  if (Array.isArray(data)) return new GoSlice(data.map((item) => templateValue(item, num)));
  if (typeof data === 'object' && data !== null)
    return new GoMap(new Map(Object.entries(data).map(([key, item]) => [key, templateValue(item, num)])));
  return typeof data === 'string' || typeof data === 'boolean' || data === null ? data : undefined;
}

function numberOf(text: string, num: GotemplateCase['num']): Value {
  if (num === undefined || num === 'float64' || !/^-?[0-9]+$/.test(text)) return Number(text);
  return num === 'int' ? int(BigInt(text)) : int64(BigInt(text));
}
