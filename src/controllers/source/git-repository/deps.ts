import type { Storage } from '../../../artifact/storage.ts';
import type { GitRepository } from '../../../crds/source/git-repository.ts';
import type { Checkout } from '../../../git/checkout.ts';
import type { GitLimits } from '../../../git/limits.ts';
import type { GitSessions } from '../../../git/sessions.ts';
import type { Client } from '../../../kube/client.ts';
import type { ObjectKey } from '../../../kube/object.ts';
import type { SingleFlight } from '../../../lib/single-flight.ts';
import type { SourceGates } from '../flags.ts';

/** What the steps of a GitRepository's reconcile share. */
export interface GitRepositoryDeps {
  readonly client: Client;
  readonly storage: Storage;
  readonly sessions: GitSessions;
  /** Fetches under way: objects that want the same commit of the same repository at the same time share one. */
  readonly fetches: SingleFlight<Checkout>;
  readonly gates: SourceGates;
  readonly limits?: Partial<GitLimits>;
  /** The GitRepository with this key, from the cache. */
  lookup(key: ObjectKey): GitRepository | undefined;
}
