import type { ActionContext } from './context.ts';

/**
 * Makes room for one more revision: the oldest go, but never the one deployed last (pkg/storage/storage.go,
 * removeLeastRecent). No limit for 0. Throws StorageError.
 */
export async function makeRoom({ storage, release, signal }: ActionContext, maxHistory: number): Promise<void> {
  if (maxHistory <= 0) return;
  const entries = await storage.entries(release.name, signal);
  const deployed = entries.find(({ status }) => status === 'deployed');
  const most = maxHistory - 1;
  const spare = entries.toReversed().filter((entry) => entry !== deployed);
  for (const { name, version } of spare.slice(0, Math.max(0, entries.length - most))) {
    await storage.delete(name, version, signal);
  }
}
