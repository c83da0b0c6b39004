import type { CallOptions } from './client.ts';
import type { GroupVersionKind, ResourceType } from './object.ts';

/** Which kinds the API server serves, and under which names; cached until a CRD or APIService comes or goes. */
export interface Discovery {
  /**
   * The resource of a kind. An unknown kind makes one fresh look at the server before it is given up.
   * Throws {@link NoMatchError} when the server does not serve it.
   */
  resourceFor(gvk: GroupVersionKind, options?: CallOptions): Promise<ResourceType>;
  /** Forget what is cached (all, or one group). */
  invalidate(group?: string): void;
}
