import { hash } from 'node:crypto';
import type { KubeObject } from '../kube/object.ts';
import { stableStringify } from '../lib/json.ts';

/**
 * Digest of an object as it is to be applied, and of the manner in which: equal for equal content, whatever the order of
 * its keys.
 */
export function desiredDigest(object: KubeObject, manner: string): string {
  return hash('sha256', `${manner}\n${stableStringify(object)}`, 'base64').slice(0, digestLength);
}

/** 120 bits. */
const digestLength = 20;
