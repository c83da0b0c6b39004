import type { CallOptions } from './client.ts';
import type { GroupVersionKind, ResourceType } from './object.ts';

/** A kind as discovery tells of it. */
export interface DiscoveredResource extends ResourceType {
  /** What can be done with it: `get`, `list`, `watch`, `patch`, … */
  readonly verbs: readonly string[];
}

/** Which kinds the API server serves, and under which names; cached until a CRD or APIService comes or goes. */
export interface Discovery {
  /**
   * The resource of a kind. An unknown kind makes one fresh look at the server before it is given up.
   * Throws {@link NoMatchError} when the server does not serve it.
   */
  resourceFor(gvk: GroupVersionKind, options?: CallOptions): Promise<DiscoveredResource>;
  /**
   * Every `group/version` the server serves (`v1` for the core group), each group's preferred version first.
   * What Helm calls `.Capabilities.APIVersions`, but for the kinds.
   */
  groupVersions(options?: CallOptions): Promise<readonly string[]>;
  /** Every kind that the server serves, as `group/version/Kind`. */
  servedKinds(options?: CallOptions): Promise<readonly string[]>;
  /** Forget what is cached (all, or one group). */
  invalidate(group?: string): void;
  /**
   * Invalidate whenever a CRD or an APIService comes, changes or goes, until `signal` is aborted. Where RBAC does not
   * allow to watch them, `error` hears of it and the cache falls back to its age.
   */
  watchInvalidation(signal: AbortSignal, error?: (error: Error) => void): void;
}
