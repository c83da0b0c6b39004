import { withDeadline } from '../lib/async.ts';
import { isRecord } from '../lib/json.ts';
import type { Client } from './client.ts';
import type { KubeObject, ObjectKey, ResourceType } from './object.ts';

/** `v1` Secret. */
export const secretType: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  namespaced: true,
};

/** The entries of a Secret, decoded. */
export type SecretData = ReadonlyMap<string, Buffer>;

const timeoutMs = 30_000;

/** Reads a Secret from the API server: no cache ever holds one. Throws ApiError, NotFound when there is none. */
export async function readSecret(client: Client, key: ObjectKey, signal: AbortSignal): Promise<SecretData> {
  const secret = await client.get<KubeObject>(secretType, key, { signal: withDeadline(signal, timeoutMs) });
  const data = isRecord(secret['data']) ? secret['data'] : {};
  return new Map(
    Object.entries(data).map(([name, value]) => [name, Buffer.from(typeof value === 'string' ? value : '', 'base64')]),
  );
}

/** An entry as text; '' when there is none. */
export function secretText(data: SecretData, name: string): string {
  return data.get(name)?.toString('utf8') ?? '';
}
