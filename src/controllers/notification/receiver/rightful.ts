import type { Receiver } from '../../../crds/notification/receiver.ts';
import type { Client } from '../../../kube/client.ts';
import { readCredentials, TokenError } from './token.ts';
import { webhookPath } from './webhook-path.ts';

/** Whoever claims a path may do so many times. */
const maxLooks = 5;

/**
 * Whose path it is when several Receivers claim it: a status can be written by whoever may edit in a namespace, so that
 * the token decides. Where no token says anything, the oldest; `candidates` are sorted by their age.
 */
export async function rightful<T extends Receiver>(
  candidates: readonly T[],
  path: string,
  client: Client,
  signal: AbortSignal,
): Promise<T | undefined> {
  if (candidates.length < 2) return candidates[0];
  for (const candidate of candidates.slice(0, maxLooks)) {
    if (await isOwn(candidate, path, client, signal)) return candidate;
  }
  return candidates[0];
}

async function isOwn(receiver: Receiver, path: string, client: Client, signal: AbortSignal): Promise<boolean> {
  try {
    const { token } = await readCredentials(receiver, client, signal);
    return webhookPath(token, receiver.metadata) === path;
  } catch (error) {
    if (error instanceof TokenError) return false;
    throw error;
  }
}
