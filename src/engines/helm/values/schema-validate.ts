import { SchemaDocument, SchemaError } from './schema-document.ts';
import { explain } from './schema-fault.ts';
import { Validation } from './schema-validation.ts';

/** Schemas that are ready, by their text: a release is validated at every upgrade. */
const ready = new Map<string, SchemaDocument>();
const MAX_READY = 64;

/**
 * Holds data to a JSON schema, by interpreting it: no program is made of what a chart says, and every pattern takes linear
 * time. The violations, one a line; undefined when there are none. References to other documents are refused: nothing is
 * fetched.
 */
export function validateSchema(schema: string, data: unknown): string | undefined {
  try {
    const fault = new Validation(documentOf(schema)).validate(data);
    return fault === undefined ? undefined : `${explain(fault)}\n`;
  } catch (error) {
    if (error instanceof SchemaError) return error.message;
    throw error;
  }
}

function documentOf(text: string): SchemaDocument {
  const known = ready.get(text);
  if (known !== undefined) return known;
  const document = new SchemaDocument(text);
  if (ready.size >= MAX_READY) ready.clear();
  ready.set(text, document);
  return document;
}
