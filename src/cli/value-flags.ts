import { readFileSync } from 'node:fs';
import type { GoMap } from '../engines/gotemplate/value/values.ts';
import { defaultCapabilities, parseKubeVersion } from '../engines/helm/render/capabilities.ts';
import { mergeUserValues } from '../engines/helm/values/user-values.ts';

/** Values as helm's flags give them. */
export interface ValueFlags {
  readonly values: readonly string[];
  readonly set: readonly string[];
  readonly setString: readonly string[];
  readonly setJson: readonly string[];
  readonly setFile: readonly string[];
  readonly setLiteral: readonly string[];
}

/** The values of all flags, laid over one another. Throws Error in helm's words. */
export function readValueFlags(flags: ValueFlags): GoMap {
  const files = flags.values.map((name) => ({ name, text: name === '-' ? readFileSync(0, 'utf8') : readText(name) }));
  return mergeUserValues({ ...flags, files }, readFlagFile);
}

/** The version that was given, or the one for no cluster. */
export function readKubeVersion(given: string): string {
  if (given === '') return defaultCapabilities.kubeVersion;
  if (parseKubeVersion(given) !== undefined) return given;
  const why = /^v?[0-9]/.test(given) ? `illegal version string "${given}"` : `could not parse "${given}" as version`;
  throw new Error(`invalid kube version '${given}': ${why}`);
}

/** A file as text. Errors are worded as the original words them. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    const reason = code === 'EISDIR' ? 'read' : 'open';
    const known = { ENOENT: 'no such file or directory', EACCES: 'permission denied', EISDIR: 'is a directory' };
    const why = Object.entries(known).find(([name]) => name === code)?.[1];
    throw why === undefined ? error : new Error(`${reason} ${path}: ${why}`, { cause: error });
  }
}

function readFlagFile(path: string): string {
  try {
    return readText(path);
  } catch (error) {
    throw new Error(`failed parsing --set-file data: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
