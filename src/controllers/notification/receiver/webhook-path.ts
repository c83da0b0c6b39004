import { sha256Hex } from '../../../lib/hash.ts';

/** What the path of every Receiver begins with. */
export const WEBHOOK_PREFIX = '/hook/';

/**
 * The path that wakes what a Receiver names (notification-controller api/v1, GetWebhookPath). Who knows it but not the
 * token cannot tell the token from it; the token of a type without a Secret is empty.
 */
export function webhookPath(token: Uint8Array, { name, namespace }: { name: string; namespace: string }): string {
  return `${WEBHOOK_PREFIX}${sha256Hex(Buffer.concat([token, Buffer.from(`${name}${namespace}`)]))}`;
}
