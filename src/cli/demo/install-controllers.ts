import { Applier } from '../../apply/applier.ts';
import type { Client } from '../../kube/client.ts';
import { defaultInstallOptions } from '../install/options.ts';
import { renderInstall } from '../install/render.ts';
import { ownVersion } from '../version.ts';

/** Where the controllers' ServiceAccounts are, and the objects that they reconcile. */
export const namespace = 'flux-system';

/**
 * Applies what `sluice install` applies, but for the Deployments: the demo runs the controllers as processes of its
 * own. Gives how many objects of each kind there are. Throws ApplyError.
 */
export async function installWithoutDeployments(
  client: Client,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const objects = renderInstall({ ...defaultInstallOptions(ownVersion()), namespace }).filter(
    ({ kind }) => kind !== 'Deployment',
  );
  const applier = new Applier({ client, fieldManager: 'flux', ownerGroup: 'fluxcd.io', concurrency: 8 });
  await applier.applyAll(objects, { signal });
  const counts = new Map<string, number>();
  for (const { kind } of objects) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}
