import type { Impersonation } from './client.ts';

/**
 * The identity of a ServiceAccount. Only the user is named, as Flux does (fluxcd/pkg runtime/client, Impersonator):
 * the API server itself adds `system:serviceaccounts`, `system:serviceaccounts:<namespace>` and `system:authenticated`
 * to a ServiceAccount that comes without groups, and naming them would need the right to impersonate groups
 * (k8s.io/apiserver pkg/endpoints/filters/impersonation).
 */
export function impersonateServiceAccount(namespace: string, name: string): Impersonation {
  return { user: `system:serviceaccount:${namespace}:${name}` };
}

/** The headers that ask the API server to take us for someone else. */
export function impersonationHeaders(as: Impersonation): Readonly<Record<string, string | readonly string[]>> {
  return {
    'impersonate-user': as.user,
    ...(as.groups === undefined || as.groups.length === 0 ? {} : { 'impersonate-group': [...as.groups] }),
  };
}
