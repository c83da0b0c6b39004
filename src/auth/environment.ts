import { readFile } from 'node:fs/promises';
import { errorMessage } from '../lib/errors.ts';
import { AuthError } from './auth-error.ts';

/** What the machine tells a process of its identity: environment variables, and the files that they name. */
export interface CloudEnvironment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** A text file; throws AuthError. */
  read(path: string): Promise<string>;
}

const maxFileBytes = 1 << 20;

/** The process' own environment; main.ts alone knows where the variables come from. */
export function processCloudEnvironment(variables: Readonly<Record<string, string | undefined>>): CloudEnvironment {
  return { variables, read: readText };
}

async function readText(path: string): Promise<string> {
  try {
    const bytes = await readFile(path);
    if (bytes.length > maxFileBytes) throw new Error(`larger than ${maxFileBytes} bytes`);
    return bytes.toString('utf8');
  } catch (cause) {
    throw new AuthError(`cannot read ${path}: ${errorMessage(cause)}`, { cause });
  }
}
