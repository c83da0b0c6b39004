import type { Storage } from '../../../artifact/storage.ts';
import type { CloudAuth } from '../../../auth/cloud-auth.ts';
import type { HelmRepository } from '../../../crds/source/helm-repository.ts';
import type { Client } from '../../../kube/client.ts';
import type { ObjectKey } from '../../../kube/object.ts';
import type { RegistrySessions } from '../../../oci/sessions.ts';
import type { ChartHttp } from '../helm/chart-http.ts';
import type { StoredIndexes } from '../helm/stored-indexes.ts';
import type { ChartLimits } from './build.ts';
import type { ChartSourceObject } from './get-source.ts';

/** What the steps of a HelmChart's reconcile share. */
export interface HelmChartDeps {
  readonly client: Client;
  readonly storage: Storage;
  readonly http: ChartHttp;
  /** Connections to registries, and what is known of them. */
  readonly sessions: RegistrySessions;
  /** Identities at clouds, for registries of theirs. */
  readonly cloud: Pick<CloudAuth, 'registries' | 'tokens'>;
  readonly indexes: StoredIndexes;
  readonly limits: ChartLimits & { readonly maxIndexBytes: number };
  /** Counts whether it was known where charts lie in an index; `object` is whose index it is, or whose dependency. */
  lookedUp(known: boolean, object: ObjectKey): void;
  /** A source, from the cache. */
  source(kind: string, key: ObjectKey): ChartSourceObject | undefined;
  /** The HelmRepository of a namespace with this URL, from the cache. */
  repositoryByUrl(namespace: string, normalizedUrl: string): HelmRepository | undefined;
}
