import type { Runtime } from '../gotemplate/value/values.ts';
import type { CryptoPort } from './crypto-port.ts';

/** What the functions of a rendering ask of the world. The engine itself touches nothing. */
export interface Host {
  /** Milliseconds since 1970, with fractions. */
  now(): number;
  /** So many unpredictable bytes. */
  random(count: number): Uint8Array;
  /** Keys and certificates; functions that need them fail where there is none. */
  readonly crypto?: CryptoPort;
  /**
   * Where it is given, charts are only looked at: what `required` and `fail` would end the rendering with is told here,
   * with Helm's word for the case, and they give nothing.
   */
  readonly lint?: (level: 'INFO' | 'WARN', what: string, message: string) => void;
  /** The addresses of a host, for `getHostByName`; empty where looking up is not allowed. */
  addresses?(name: string): readonly string[];
  /**
   * What `lookup` finds: an object, or a list when there is no name; undefined for nothing. Answered at once: the
   * caller has fetched it before.
   */
  lookup?(
    apiVersion: string,
    kind: string,
    namespace: string,
    name: string,
  ): Readonly<Record<string, unknown>> | undefined;
}

/** The host of an execution. Throws when the program that renders gave none along. */
export function hostOf({ host }: Runtime): Host {
  if (isHost(host)) return host;
  throw new Error('the templates are executed without a host');
}

/** What the execution of a chart that is only looked at tells; undefined for any other. */
export function lintOf({ host }: Runtime): Host['lint'] {
  return isHost(host) ? host.lint : undefined;
}

function isHost(value: unknown): value is Host {
  return typeof value === 'object' && value !== null && 'now' in value && 'random' in value;
}
