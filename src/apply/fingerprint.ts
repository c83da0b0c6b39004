import { hash } from 'node:crypto';
import type { KubeObject } from '../kube/object.ts';
import { stableStringify } from '../lib/json.ts';

/**
 * Digest of an object as it is to be applied, and of the manner in which: equal for equal content, whatever the order of
 * its keys.
 */
export function desiredDigest(object: KubeObject, manner: string): string {
  return shortHash(`${manner}\n${stableStringify(object)}`);
}

/** 120 bits of a text's SHA-256: short, and not a slice that would keep the longer one in memory. */
export function shortHash(text: string): string {
  return hash('sha256', text, 'buffer').toString('base64', 0, 15);
}
