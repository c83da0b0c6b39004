import type { ActionContext } from './context.ts';
import { deleteObjects } from './delete-objects.ts';
import { UpdateError } from './release-objects.ts';

/**
 * Deletes what a failed update has created, as `cleanupOnFail` asks (pkg/action/upgrade.go and rollback.go). Gives what
 * could not be deleted, and why.
 */
export async function deleteCreated(error: unknown, context: ActionContext): Promise<readonly Error[]> {
  if (!(error instanceof UpdateError)) return [];
  const created = error.created.map((item) => ({ item }));
  return (await deleteObjects(created, 'Background', context)).errors;
}
