import type { ServiceAccount, ServiceAccountRef, ServiceAccounts } from '../auth/provider.ts';
import { isRecord } from '../lib/json.ts';
import type { Client } from './client.ts';
import { isNotFound, TransportError } from './errors.ts';
import type { ResourceType } from './object.ts';

/** `v1` ServiceAccount. */
export const serviceAccountType: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  namespaced: true,
};

/** The ServiceAccounts of the cluster that `client` is of, read as that client's identity. Methods throw as it does. */
export function serviceAccountsOf(client: Client): ServiceAccounts {
  return {
    async read({ namespace, name }: ServiceAccountRef, signal): Promise<ServiceAccount | undefined> {
      try {
        const { metadata } = await client.getMetadata(serviceAccountType, { namespace, name }, { signal });
        return { namespace, name, annotations: metadata.annotations ?? {} };
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    async token({ namespace, name }, audiences, signal): Promise<string> {
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${encodeURIComponent(name)}/token`;
      const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences } };
      const { body } = await client.raw('POST', path, { body: JSON.stringify(request), signal });
      const answer: unknown = JSON.parse(body);
      const status = isRecord(answer) ? answer['status'] : undefined;
      const token = isRecord(status) ? status['token'] : undefined;
      if (typeof token === 'string') return token;
      throw new TransportError('the API server answered a TokenRequest without a token', { code: 'BadAnswer' });
    },
  };
}
