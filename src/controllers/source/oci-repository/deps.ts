import type { Storage } from '../../../artifact/storage.ts';
import type { CloudAuth } from '../../../auth/cloud-auth.ts';
import type { Client } from '../../../kube/client.ts';
import type { RegistrySessions } from '../../../oci/sessions.ts';
import type { SourceGates } from '../flags.ts';
import type { UsedSecrets } from './used-secrets.ts';

/** What the steps of an OCIRepository's reconcile share. */
export interface OciRepositoryDeps {
  readonly client: Client;
  readonly storage: Storage;
  /** Connections to registries, and what is known of them. */
  readonly sessions: RegistrySessions;
  /** Identities at clouds, for registries of theirs. */
  readonly cloud: Pick<CloudAuth, 'registries' | 'tokens'>;
  readonly gates: SourceGates;
  /** `--default-service-account`: who a cloud is asked as where the object names nobody; '' for the controller. */
  readonly defaultServiceAccount: string;
  readonly usedSecrets: UsedSecrets;
}
