import type { MasterKey, MasterKeyKind } from './master-key.ts';

/** Decrypts what master keys of one kind have encrypted. */
export interface KeySource<K extends MasterKeyKind = MasterKeyKind> {
  readonly kind: K;
  /**
   * The data key of the document, or the Shamir share of it that the key's group holds. Throws an Error whose message
   * tells why not, without secrets; the next key of the group is tried then. An abort is passed on.
   */
  decrypt(key: Extract<MasterKey, { readonly kind: K }>, signal: AbortSignal): Promise<Uint8Array>;
}

/** The sources at hand, by kind. */
export type KeySources = { readonly [K in MasterKeyKind]?: KeySource<K> };
