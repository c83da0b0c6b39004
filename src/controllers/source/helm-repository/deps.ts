import type { Storage } from '../../../artifact/storage.ts';
import type { Client } from '../../../kube/client.ts';
import type { ChartHttp } from '../helm/chart-http.ts';
import type { KnownIndexes } from './known-indexes.ts';

/** What the steps of a HelmRepository's reconcile share. */
export interface HelmRepositoryDeps {
  readonly client: Client;
  readonly storage: Storage;
  readonly http: ChartHttp;
  readonly known: KnownIndexes;
  /** `--helm-index-max-size`. */
  readonly maxIndexBytes: number;
}
