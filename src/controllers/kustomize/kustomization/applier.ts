import { Applier } from '../../../apply/applier.ts';
import type { LedgerSession } from '../../../apply/ledger/session.ts';
import { KUSTOMIZE_FIELD_MANAGER, KUSTOMIZE_GROUP } from '../../../crds/meta/names.ts';
import type { Client } from '../../../kube/client.ts';
import type { KustomizationDeps } from './deps.ts';

/** What applies and prunes as `client`'s identity, with Flux's field manager and owner labels. */
export function applierFor(client: Client, deps: KustomizationDeps, session?: LedgerSession): Applier {
  return new Applier({
    client,
    ...(session === undefined ? {} : { session }),
    fieldManager: KUSTOMIZE_FIELD_MANAGER,
    ownerGroup: KUSTOMIZE_GROUP,
    concurrency: deps.concurrentSsa,
    overrideManagers: deps.overrideManagers,
    customStageKinds: deps.customStageKinds,
    migrateApiVersion: deps.migrateApiVersion,
    waiter: deps.waiter,
    clock: deps.clock,
  });
}
