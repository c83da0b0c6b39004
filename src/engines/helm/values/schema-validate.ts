import type { Options, ValidateFunction } from 'ajv';
import * as ajv from 'ajv';
import * as ajv2019 from 'ajv/dist/2019.js';
import * as ajv2020 from 'ajv/dist/2020.js';
import * as draft4 from 'ajv-draft-04';
import * as formats from 'ajv-formats';
import { isRecord } from '../../../lib/json.ts';
import { explain } from './schema-errors.ts';

/** Schemas that are ready, by their text: a release is validated at every upgrade. */
const compiled = new Map<string, ValidateFunction>();
const MAX_COMPILED = 64;
const MAX_LENGTH = 4 << 20;

/**
 * Holds data to a JSON schema. The violations, one a line; undefined when there are none. References to other documents
 * are refused: nothing is fetched.
 */
export function validateSchema(schema: string, data: unknown): string | undefined {
  try {
    const validate = compile(schema);
    if (validate(data)) return undefined;
    return explain(validate.errors ?? []);
  } catch (error) {
    return `unable to validate schema: ${error instanceof Error ? error.message : String(error)}\n`;
  }
}

function compile(text: string): ValidateFunction {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  if (text.length > MAX_LENGTH) throw new Error(`the schema is longer than ${MAX_LENGTH} characters`);
  const schema: unknown = JSON.parse(text);
  const validate =
    typeof schema === 'boolean' ? new ajv.Ajv(options).compile(schema) : compileDraft(isRecord(schema) ? schema : {});
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  compiled.set(text, validate);
  return validate;
}

const options: Options = {
  allErrors: true,
  verbose: true,
  // Charts have keywords of their own in their schemas, and say things twice.
  strict: false,
  ownProperties: true,
  logger: false,
};

/** The draft that a schema names; the newest when it names none (santhosh-tekuri/jsonschema). */
function compileDraft(schema: Readonly<Record<string, unknown>>): ValidateFunction {
  const named = String(schema['$schema'] ?? '');
  const rest = { ...schema };
  if (/draft-0[34]\//.test(named)) return new draft4.default.default(options).compile(schema);
  if (/draft-0[67]\//.test(named)) {
    delete rest['$schema'];
    const validator = new ajv.Ajv(options);
    formats.default.default(validator);
    return validator.compile(rest);
  }
  const asserted = { ...options, validateFormats: false };
  return named.includes('2019-09')
    ? new ajv2019.Ajv2019(asserted).compile(schema)
    : new ajv2020.Ajv2020(asserted).compile(schema);
}
