import { readFileSync, statSync } from 'node:fs';
import type { TlsMaterial } from './connection.ts';

/** Where parts of the TLS material are; what is not named here is fixed. */
export type TlsFiles = { readonly [part in 'ca' | 'cert' | 'key']?: string };

/**
 * TLS material out of files that others replace: the kubelet rotates client certificates, a cluster its authority.
 * Looked at when a connection is made, which is rare, so without waiting; the same object while no file has changed.
 * Throws what reading throws the first time; later, what cannot be read stays as it was.
 */
export function tlsFromFiles(fixed: TlsMaterial, files: TlsFiles): () => TlsMaterial {
  const paths = Object.entries(files);
  if (paths.length === 0) return () => fixed;
  let seen = stamps(paths);
  let current = read(fixed, paths);
  return () => {
    try {
      const now = stamps(paths);
      if (now !== seen) {
        current = read(fixed, paths);
        seen = now;
      }
    } catch {
      // In the middle of being replaced: the next connection looks again.
    }
    return current;
  };
}

type Paths = readonly (readonly [part: string, path: string])[];

function stamps(paths: Paths): string {
  return paths
    .map(([, path]) => {
      const { mtimeMs, size, ino } = statSync(path);
      return `${mtimeMs}-${size}-${ino}`;
    })
    .join(' ');
}

function read(fixed: TlsMaterial, paths: Paths): TlsMaterial {
  return { ...fixed, ...Object.fromEntries(paths.map(([part, path]) => [part, readFileSync(path, 'utf8')])) };
}
